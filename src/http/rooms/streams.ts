import type { EventStream } from './event-stream.ts';

const DEFAULT_INTERVAL = 25_000;

/** The open streams of this process, with one timer for all of them, and the polls that wait. */
export class Streams {
  readonly #open = new Set<EventStream>();
  readonly #waiting = new Set<() => void>();
  #isOver = false;
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
    // Its request was on its way when all the others were ended.
    if (this.#isOver) stream.end(0);
    this.#timer ??= setInterval(() => this.#beat(), this.#interval);
  }

  delete(stream: EventStream): void {
    this.#open.delete(stream);
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** A poll begins to wait. @param answer called when it has to wait no longer. Returns what is called when it is over */
  wait(answer: () => void): () => void {
    this.#waiting.add(answer);
    if (this.#isOver) answer();
    return () => this.#waiting.delete(answer);
  }

  /**
   * Answers the polls, and ends the streams, each with a time of its own to come back.
   * @param reconnectsPerSecond how many are told to come back in the same second
   */
  end(reconnectsPerSecond: number): void {
    this.#isOver = true;
    for (const answer of this.#waiting) answer();
    for (const stream of [...this.#open])
      stream.end(Math.round((Math.random() * this.#open.size * 1000) / reconnectsPerSecond));
  }

  #beat(): void {
    for (const stream of this.#open) stream.beat();
  }
}
