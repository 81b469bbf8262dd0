import type { EventStream } from './event-stream.ts';

const DEFAULT_INTERVAL = 25_000;

/** The open streams of this process: one timer for all of them. */
export class Streams {
  readonly #open = new Set<EventStream>();
  readonly #interval: number;
  #timer: NodeJS.Timeout | undefined;

  /** @param interval between two beats of a stream, in milliseconds; 0 for the default, as a stream without any would not find out that its reader is gone */
  constructor(interval: number) {
    this.#interval = interval || DEFAULT_INTERVAL;
  }

  get size(): number {
    return this.#open.size;
  }

  add(stream: EventStream): void {
    this.#open.add(stream);
    this.#timer ??= setInterval(() => this.#beat(), this.#interval);
  }

  delete(stream: EventStream): void {
    this.#open.delete(stream);
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /**
   * Ends all of them.
   * @param retryMs says of each when it may come back, in milliseconds
   */
  end(retryMs: () => number): void {
    for (const stream of [...this.#open]) stream.end(retryMs());
  }

  #beat(): void {
    for (const stream of this.#open) stream.beat();
  }
}
