import type { RoomEvent } from './event-log.ts';

/** Milliseconds that an event waits for each reader: somewhat less than a write to one takes. */
const WAIT_PER_READER = 0.002;
/** Milliseconds that it waits at most. */
const MAX_WAIT = 20;

/**
 * Lets what comes to a room with many readers, 500 or more, go out together where events come close to each other: one waits 2 µs
 * for each reader, 20 ms at most, and what comes meanwhile goes with it in one write for each reader. The last reader would have
 * waited longer for the writes to the others. An event that stands alone goes out at once, as all do to fewer readers.
 */
export class Gathering {
  readonly #readers: () => number;
  readonly #deliver: (event: RoomEvent) => void;
  #waiting: RoomEvent[] = [];
  /** The last time that one waited another came, or that none waited one came too early. */
  #pays = false;
  /** Until when an event would have waited that went out at once. */
  #until = 0;

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
    if (this.#waiting.length > 0) {
      this.#waiting.push(event);
      return;
    }
    const wait = Math.min(this.#readers() * WAIT_PER_READER, MAX_WAIT);
    if (wait < 1) {
      this.#deliver(event);
      return;
    }
    this.#pays ||= performance.now() < this.#until;
    if (this.#pays) {
      this.#waiting.push(event);
      setTimeout(() => this.#end(), wait).unref();
    } else {
      this.#deliver(event);
      this.#until = performance.now() + wait;
    }
  }

  /** Delivers what waits. */
  flush(): void {
    const events = this.#waiting;
    if (events.length === 0) return;
    this.#waiting = [];
    for (const event of events) this.#deliver(event);
  }

  #end(): void {
    this.#pays = this.#waiting.length > 1;
    this.flush();
  }
}
