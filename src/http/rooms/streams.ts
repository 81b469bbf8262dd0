import type { EventStream } from './event-stream.ts';

/** The open streams of this process: one timer for all of them. */
export class Streams {
  readonly #open = new Set<EventStream>();
  readonly #interval: number;
  #timer: NodeJS.Timeout | undefined;

  /** @param interval between two beats of a stream, in milliseconds */
  constructor(interval: number) {
    this.#interval = interval;
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
