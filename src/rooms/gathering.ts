import type { RoomEvent } from './event-log.ts';

/** Milliseconds that an event waits for each reader: somewhat less than a write to one takes. */
const WAIT_PER_READER = 0.002;
/** Milliseconds that it waits at most. */
const MAX_WAIT = 20;
/** So many events in a row may wait in vain: processes that share a room fall out of step now and then. */
const PATIENCE = 16;

/**
 * Lets what comes to a room with many readers, 500 or more, go out together where events come close to each other: one waits 2 µs
 * for each reader, 20 ms at most, and what comes meanwhile goes with it in one write for each reader. The last reader would have
 * waited longer for the writes to the others. Where events stand alone each goes out at once, as all do to fewer readers.
 */
export class Gathering {
  readonly #readers: () => number;
  readonly #deliver: (event: RoomEvent) => void;
  #waiting: RoomEvent[] = [];
  /** How many more events wait although nobody comes. */
  #patience = 0;
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
    if (performance.now() < this.#until) this.#patience = PATIENCE;
    if (this.#patience > 0) {
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
    if (this.#waiting.length > 1) this.#patience = PATIENCE;
    else this.#patience--;
    this.flush();
  }
}
