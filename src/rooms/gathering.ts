import type { RoomEvent } from './event-log.ts';

/** Milliseconds that an event waits for each reader: somewhat less than a write to one takes. */
const WAIT_PER_READER = 0.002;
/** Milliseconds that it waits at most. */
const MAX_WAIT = 20;

/**
 * Lets what comes to a room with many readers, 500 or more, go out together: an event waits 2 µs for each of them, 20 ms at most, and what
 * comes meanwhile goes with it in one write for each reader. The last reader would have waited longer for the writes to the
 * others. To fewer readers each event goes at once.
 */
export class Gathering {
  readonly #readers: () => number;
  readonly #deliver: (event: RoomEvent) => void;
  #waiting: RoomEvent[] = [];

  /** @param readers counts those who are given an event */
  constructor(readers: () => number, deliver: (event: RoomEvent) => void) {
    this.#readers = readers;
    this.#deliver = deliver;
  }

  /** The place of the newest event that waits. */
  get newest(): number | undefined {
    return this.#waiting.at(-1)?.offset;
  }

  add(event: RoomEvent): void {
    const wait = this.#readers() * WAIT_PER_READER;
    if (wait < 1 && this.#waiting.length === 0) this.#deliver(event);
    else if (this.#waiting.push(event) === 1) setTimeout(() => this.flush(), Math.min(wait, MAX_WAIT)).unref();
  }

  /** Delivers what waits. */
  flush(): void {
    const events = this.#waiting;
    if (events.length === 0) return;
    this.#waiting = [];
    for (const event of events) this.#deliver(event);
  }
}
