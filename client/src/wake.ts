/** What is used of a browser's globals. Node has none of it, nor the types. */
interface Page extends Target {
  readonly document?: Target & { readonly visibilityState: string };
  readonly navigator?: { readonly onLine?: boolean };
}

interface Target {
  addEventListener(type: string, listener: () => void, options: { signal: AbortSignal }): void;
}

/**
 * Calls `listener` whenever what is known of the network may no longer hold: it went, it is back, or somebody looks at the tab again.
 * `online` is false where the browser knows that there is no network. Does nothing outside browsers. Returns what ends it.
 */
export function onWake(listener: (online: boolean) => void): () => void {
  const page = globalThis as unknown as Page;
  const { document } = page;
  if (!document) return () => {};
  const end = new AbortController();
  const tell = () => listener(page.navigator?.onLine !== false);
  const look = () => document.visibilityState === 'visible' && tell();
  page.addEventListener('online', tell, end);
  page.addEventListener('offline', tell, end);
  document.addEventListener('visibilitychange', look, end);
  return () => end.abort();
}
