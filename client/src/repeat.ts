export interface Repetition {
  readonly times: number;
  /** Milliseconds from one to the next. */
  readonly every: number;
}

/** Sent in one go at most, so that the page stays alive. */
const AT_ONCE = 100;

/**
 * Calls `act` with 1, 2, 3 …, in time also where a browser's timers are coarse; ends early where it says false.
 * @returns what ends it
 */
export function repeat({ times, every }: Repetition, act: (index: number) => boolean, ended: () => void): () => void {
  const start = performance.now();
  let done = 0;
  const step = () => {
    const due = every === 0 ? times : Math.floor((performance.now() - start) / every) + 1;
    const now = Math.min(due, times, done + AT_ONCE);
    while (done < now && act(done + 1)) done += 1;
    if (done < now || done === times) end();
  };
  const timer = setInterval(step, Math.max(4, every));
  const end = () => {
    clearInterval(timer);
    ended();
  };
  step();
  return end;
}
