export interface HeartbeatTimes {
  /** Milliseconds without a message before a sign of life is asked for. */
  readonly interval: number;
  /** Milliseconds that one may take. */
  readonly timeout: number;
}

/** Notices a connection that nothing comes from any more: within `interval` and `timeout`, together. */
export class Heartbeat {
  readonly #times: HeartbeatTimes;
  readonly #ask: () => void;
  readonly #dead: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heardAt = 0;
  #asking = false;

  constructor(times: HeartbeatTimes, ask: () => void, dead: () => void) {
    this.#times = times;
    this.#ask = ask;
    this.#dead = dead;
  }

  start(): void {
    this.heard();
    this.#wait();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#asking = false;
  }

  /** Something has come; cheap, since the timer looks at it only when it ends. */
  heard(): void {
    this.#heardAt = performance.now();
  }

  /** Asks at once; for when there is reason to doubt. */
  check(): void {
    if (!this.#timer || this.#asking) return;
    clearTimeout(this.#timer);
    this.#asking = true;
    const askedAt = performance.now();
    this.#timer = setTimeout(() => this.#judge(askedAt), this.#times.timeout);
    this.#ask();
  }

  #judge(askedAt: number): void {
    this.#asking = false;
    if (this.#heardAt < askedAt) this.#dead();
    else this.#wait();
  }

  #wait(): void {
    const left = this.#heardAt + this.#times.interval - performance.now();
    if (left > 0) this.#timer = setTimeout(() => this.#wait(), left);
    else this.check();
  }
}
