/**
 * Calls `listener` whenever waiting longer is pointless: the network is back, or somebody looks at the tab again.
 * Does nothing outside browsers. Returns what ends it.
 */
export function onWake(listener: () => void): () => void {
  const { document } = globalThis;
  if (!document) return () => {};
  const ended = new AbortController();
  const { signal } = ended;
  globalThis.addEventListener('online', listener, { signal });
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && listener(), { signal });
  return () => ended.abort();
}
