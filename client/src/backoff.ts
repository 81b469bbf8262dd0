export interface Backoff {
  /** Shortest wait before a retry, in milliseconds. */
  readonly shortest: number;
  /** Longest wait before a retry, in milliseconds. */
  readonly longest: number;
}

export const defaultBackoff: Backoff = { shortest: 500, longest: 20_000 };

/**
 * Milliseconds to wait after `failures` failed attempts in a row (1 or more): anywhere between the shortest wait and a
 * ceiling that doubles with each failure. The full jitter spreads the clients of a restarted server over that time.
 */
export function retryDelay(failures: number, { shortest, longest }: Backoff, random = Math.random): number {
  const ceiling = Math.min(longest, shortest * 2 ** failures);
  return shortest + random() * (ceiling - shortest);
}
