import type { RoomEvent } from './event-log.ts';

/** Fewer readers are given each event as it comes. */
const MANY_READERS = 50;
/** Milliseconds that giving an event to one reader takes, roughly: nearly all of it is the write to its socket. */
const WRITE_TIME = 0.0025;

/**
 * Lets a room with many readers rest after each fan-out as long as that took, 1 ms at least. What comes meanwhile goes out
 * together, in one write for each reader: a room in which much is said costs little more than one in which little is. The first
 * event after a rest goes out at once.
 */
export class Pacing {
  readonly #readers: () => number;
  readonly #deliver: (event: RoomEvent) => void;
  #waiting: RoomEvent[] = [];
  /** The end of this turn of the event loop, or of the rest. */
  #next: NodeJS.Immediate | NodeJS.Timeout | undefined;

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
    if (this.#next === undefined && this.#readers() < MANY_READERS) {
      this.#deliver(event);
      return;
    }
    this.#waiting.push(event);
    this.#next ??= setImmediate(this.#goOn);
  }

  /** Delivers what waits. */
  flush(): void {
    const events = this.#waiting;
    if (events.length === 0) return;
    this.#waiting = [];
    for (const event of events) this.#deliver(event);
  }

  readonly #goOn = (): void => {
    this.#next = undefined;
    if (this.#waiting.length === 0) return;
    this.flush();
    this.#next = setTimeout(this.#goOn, this.#readers() * WRITE_TIME).unref();
  };
}
