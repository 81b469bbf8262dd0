/** The reason of a Close frame that says when to come back: `service restart; retry after 1234 ms`. */
export function withRetryAfter(reason: string, afterMs: number): string {
  return `${reason}; retry after ${afterMs} ms`;
}

/** The milliseconds that such a reason says; undefined where it says none. */
export function retryAfterOf(reason: string): number | undefined {
  const [, afterMs] = /; retry after (\d{1,10}) ms$/.exec(reason) ?? [];
  return afterMs === undefined ? undefined : Number(afterMs);
}
