/** What is used of a browser's globals. Node has none of it, nor the types. */
interface Page {
  readonly document?: EventTarget & { readonly visibilityState: string };
  readonly window?: EventTarget;
}

/**
 * Calls `listener` whenever waiting longer is pointless: the network is back, or somebody looks at the tab again.
 * Does nothing outside browsers. Returns what ends it.
 */
export function onWake(listener: () => void): () => void {
  const { document, window } = globalThis as Page;
  if (!document || !window) return () => {};
  const look = () => {
    if (document.visibilityState === 'visible') listener();
  };
  window.addEventListener('online', listener);
  document.addEventListener('visibilitychange', look);
  return () => {
    window.removeEventListener('online', listener);
    document.removeEventListener('visibilitychange', look);
  };
}
