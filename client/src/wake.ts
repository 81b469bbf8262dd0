/** What is used of a browser's globals. Node has none of it, nor the types. */
interface Page {
  readonly document?: Target & { readonly visibilityState: string };
  readonly window?: Target;
  readonly navigator?: { readonly onLine?: boolean };
}

interface Target {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

/** False where the browser knows that there is no network. */
export function isOnline(): boolean {
  return (globalThis as Page).navigator?.onLine !== false;
}

/**
 * Calls `listener` whenever what is known of the network may no longer hold: it went, it is back, or somebody looks at
 * the tab again. Does nothing outside browsers. Returns what ends it.
 */
export function onWake(listener: () => void): () => void {
  const { document, window } = globalThis as Page;
  if (!document || !window) return () => {};
  const look = () => {
    if (document.visibilityState === 'visible') listener();
  };
  const ends = [
    listen(window, 'online', listener),
    listen(window, 'offline', listener),
    listen(document, 'visibilitychange', look),
  ];
  return () => {
    for (const end of ends) end();
  };
}

function listen(target: Target, type: string, listener: () => void): () => void {
  target.addEventListener(type, listener);
  return () => target.removeEventListener(type, listener);
}
