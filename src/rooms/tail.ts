import type { RoomEvent } from './event-log.ts';
import type { Format } from './reader.ts';

/** What an event takes in memory beside its text, roughly, in bytes. */
const EVENT_BYTES = 100;

/** An event, and how it looks in each format that it was asked for in. */
export class Entry {
  readonly event: RoomEvent;
  #encodings: Map<Format<unknown>, unknown> | undefined;

  constructor(event: RoomEvent) {
    this.event = event;
  }

  get bytes(): number {
    return this.event.text.length + this.event.from.length + EVENT_BYTES;
  }

  encoded(format: Format<unknown>, epoch: string): unknown {
    const known = this.#encodings?.get(format);
    if (known !== undefined) return known;
    const encoded = format.encode(this.event, { epoch, offset: this.event.offset });
    this.#encodings ??= new Map();
    this.#encodings.set(format, encoded);
    return encoded;
  }
}

/** The newest events of a room, without holes: those after `start` up to and with `end`. It may hold none. */
export class Tail {
  start = 0;
  end = 0;
  readonly #maxEvents: number;
  readonly #maxBytes: number;
  /** Those before `#first` are dropped; they are cut off now and then, so that dropping one costs the same however many there are. */
  #entries: Entry[] = [];
  #first = 0;
  #bytes = 0;

  constructor(maxEvents: number, maxBytes: number) {
    this.#maxEvents = maxEvents;
    this.#maxBytes = maxBytes;
  }

  /** Forgets what it holds; the next event is the one after `end`. */
  clear(end: number): void {
    this.start = this.end = end;
    this.#entries = [];
    this.#first = 0;
    this.#bytes = 0;
  }

  /** @param event the one after `end` */
  append(event: RoomEvent): Entry {
    const entry = new Entry(event);
    this.end = event.offset;
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
    while (this.end - this.start > this.#maxEvents || this.#bytes > this.#maxBytes) this.#drop();
    return entry;
  }

  /** Puts older events before those it holds, as many as there is room for; returns whether they reach up to them. */
  prepend(entries: readonly Entry[]): boolean {
    const older = entries.filter(({ event }) => event.offset <= this.start);
    if (older.at(-1)?.event.offset !== this.start) return false;
    let from = older.length;
    let bytes = this.#bytes;
    while (from > 0 && this.end - this.start + (older.length - from) < this.#maxEvents) {
      bytes += older[from - 1]?.bytes ?? 0;
      if (bytes > this.#maxBytes) break;
      this.#bytes = bytes;
      from--;
    }
    this.#entries = [...older.slice(from), ...this.#entries.slice(this.#first)];
    this.#first = 0;
    this.start -= older.length - from;
    return true;
  }

  /** The event with this offset, if it is among them. */
  at(offset: number): Entry | undefined {
    return offset > this.start ? this.#entries[this.#first + offset - this.start - 1] : undefined;
  }

  /** Forgets what is older than a time, in milliseconds since the epoch. */
  dropBefore(time: number): void {
    while ((this.at(this.start + 1)?.event.at ?? Infinity) < time) this.#drop();
  }

  #drop(): void {
    this.#bytes -= this.#entries[this.#first]?.bytes ?? 0;
    this.#first++;
    this.start++;
    if (this.#first * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#first);
    this.#first = 0;
  }
}
