import { setTimeout as delay } from 'node:timers/promises';
import type { Cursor } from './cursor.ts';
import type { EventLog, Page, RoomEvent } from './event-log.ts';
import { Gathering } from './gathering.ts';
import type { RoomsObserver } from './observer.ts';
import { formatPosition, type Position } from './position.ts';
import type { Format, Reader, Start } from './reader.ts';
import { Entry, Tail, type TailBudget } from './tail.ts';

export interface RoomSettings {
  log: EventLog;
  watermark: number;
  tailEvents: number;
  tailBytes: number;
  tailAge: number;
  tailBudget: TailBudget;
  observer: RoomsObserver;
  onError(error: unknown, room: string): void;
  /** Its last reader has gone. */
  onEmpty(room: Room): void;
}

/** A page of the log with its events ready to be encoded. */
export interface History extends Omit<Page, 'events'> {
  readonly entries: readonly Entry[];
}

/** What is read from the log at once to follow it. */
const PAGE_EVENTS = 1000;
const PAGE_BYTES = 1024 * 1024;
/** Milliseconds until a reading that failed is tried again. */
const RETRY_TIME = 250;

/** A room that this process reads: its newest events, and the cursors that stand at their end. */
export class Room {
  readonly name: string;
  readonly tail: Tail;
  /** Which life of the log `tail` is of; empty until the room is open. */
  epoch = '';
  /** The store is being closed: nothing more is read or delivered. */
  closed = false;
  readonly #gathering = new Gathering(
    () => this.#liveReaders,
    (event) => this.#push(event),
  );
  readonly #settings: RoomSettings;
  /** By format the cursors that are at the head, with their readers: pushing looks at the readers alone. */
  readonly #live = new Map<Format<unknown>, Map<Cursor, Reader<unknown>>>();
  readonly #reading = new Map<string, Promise<History | undefined>>();
  #readers = 0;
  #opening: Promise<void> | undefined;
  #unlisten: (() => void) | undefined;
  #refreshing: Promise<void> | undefined;
  /** Something has happened since the last look at the log. */
  #stale = false;
  /** From up to here the log's events have not fitted into the tail. */
  #tooFar = -1;

  constructor(name: string, settings: RoomSettings) {
    this.name = name;
    this.#settings = settings;
    this.tail = new Tail(settings.tailEvents, settings.tailBytes, settings.tailBudget);
  }

  get observer(): RoomsObserver {
    return this.#settings.observer;
  }

  /** How many read it, and how many of them are not at the head. */
  get readers(): { total: number; behind: number } {
    return { total: this.#readers, behind: this.#readers - this.#liveReaders };
  }

  get #liveReaders(): number {
    let live = 0;
    for (const readers of this.#live.values()) live += readers.size;
    return live;
  }

  /** The place of the newest event that its readers have been given. */
  get position(): Position {
    return { epoch: this.epoch, offset: this.tail.end };
  }

  /** Counts one reader more, and resolves with the place where it begins. */
  async enter(start: Start | undefined): Promise<Position> {
    this.#readers++;
    try {
      this.#opening ??= this.#open();
      await this.#opening;
      this.#gathering.flush();
      this.tail.dropBefore(Date.now() - this.#settings.tailAge);
      if (start === undefined) return this.position;
      return 'after' in start ? start.after : await this.#before(start.last);
    } catch (error) {
      this.leave();
      throw error;
    }
  }

  /** One reader less. @param live the cursor, where the room pushes to it */
  leave(live?: Cursor): void {
    if (live) this.#stopPushing(live);
    this.#readers--;
    if (this.#readers > 0) return;
    this.#unlisten?.();
    this.#gathering.flush();
    this.tail.clear(this.tail.end);
    this.#settings.onEmpty(this);
  }

  /** @param cursor stands at the end of the tail */
  pushTo(cursor: Cursor): void {
    const readers = this.#live.get(cursor.format);
    if (readers) readers.set(cursor, cursor.reader);
    else this.#live.set(cursor.format, new Map([[cursor, cursor.reader]]));
  }

  isFull(reader: Reader<unknown>): boolean {
    return reader.bufferedAmount > this.#settings.watermark;
  }

  /** The log has grown: its head now, the event and the epoch where they are known. */
  onGrowth(head: number, event: RoomEvent | undefined, epoch: string | undefined): void {
    const end = this.#gathering.newest ?? this.tail.end;
    if (event === undefined) {
      // A log that took this one's place may have as many events.
      const isOther = epoch !== undefined && epoch !== this.epoch;
      if (isOther || head !== end) void this.refresh();
    } else if (epoch !== this.epoch || event.offset > end + 1) {
      void this.refresh();
    } else if (event.offset === end + 1) {
      this.#gathering.add(event);
    }
  }

  /** Nothing more is read, and nothing is delivered but what is there. */
  close(): void {
    this.#gathering.flush();
    this.closed = true;
  }

  /** Looks what is new in the log, as often as it takes to have all of it; failures are tried again. */
  refresh(): Promise<void> {
    this.#stale = true;
    if (this.epoch !== '') this.#refreshing ??= this.#catchUp();
    return this.#refreshing ?? Promise.resolve();
  }

  /** What the log has after a place; undefined, after a while, where it could not be read. */
  history(after: Position): Promise<History | undefined> {
    const key = formatPosition(after);
    const reading = this.#reading.get(key) ?? this.#readOrWait(after).finally(() => this.#reading.delete(key));
    this.#reading.set(key, reading);
    return reading;
  }

  async #open(): Promise<void> {
    const { log } = this.#settings;
    // What comes after the head is told of: listening comes first.
    if (log.listen) this.#unlisten = await log.listen(this.name);
    const { epoch, offset } = await log.head(this.name);
    this.tail.clear(offset);
    this.epoch = epoch;
    if (this.#stale) void this.refresh();
  }

  /** The place before the last so many events, or before the oldest that is retained. */
  async #before(last: number): Promise<Position> {
    const after = { epoch: this.epoch, offset: Math.max(0, this.tail.end - last) };
    if (after.offset >= this.tail.start) return after;
    const page = await this.#read(after);
    return { epoch: page.epoch, offset: page.after };
  }

  async #catchUp(): Promise<void> {
    while (this.#stale && this.#readers > 0 && !this.closed) {
      this.#stale = false;
      try {
        const page = await this.#settings.log.read(this.name, this.position, PAGE_EVENTS, PAGE_BYTES);
        this.#take(page);
        if (page.head > this.tail.end) this.#stale = true;
      } catch (error) {
        this.#stale = true;
        this.#failed(error);
        await wait();
      }
    }
    this.#refreshing = undefined;
  }

  /** @param page what came after the end of the tail as it was when the page was asked for; some may have been pushed since */
  #take({ epoch, after, reset, events }: Page): void {
    this.#gathering.flush();
    const from = this.position;
    this.epoch = epoch;
    if (reset || after > from.offset) {
      this.tail.clear(after);
      const to = this.position;
      for (const reader of this.#allLive()) {
        if (reset) this.observer.reset?.();
        else this.observer.gap?.(to.offset - from.offset);
        if (reset) reader.reset(to);
        else reader.gap(from, to);
      }
    }
    for (const event of events) if (event.offset === this.tail.end + 1) this.#push(event);
  }

  #push(event: RoomEvent): void {
    // What was delivered before it may have ended the last reader.
    if (this.#readers === 0) return;
    const { watermark } = this.#settings;
    const entry = this.tail.append(event);
    const hasReaders = this.#live.size > 0;
    for (const [format, readers] of this.#live) {
      const encoded = entry.encoded(format, this.epoch);
      let full = false;
      for (const reader of readers.values()) {
        reader.deliver(encoded, event);
        if (reader.bufferedAmount > watermark) full = true;
      }
      if (full) this.#letFallBehind(readers);
    }
    if (hasReaders) this.observer.pushed?.(event);
  }

  #letFallBehind(readers: Map<Cursor, Reader<unknown>>): void {
    for (const [cursor, reader] of readers) {
      if (!this.isFull(reader)) continue;
      this.#stopPushing(cursor);
      cursor.fallBehind(this.position);
    }
  }

  #stopPushing(cursor: Cursor): void {
    const readers = this.#live.get(cursor.format);
    readers?.delete(cursor);
    if (readers?.size === 0) this.#live.delete(cursor.format);
  }

  /** A copy: what a reader is told may end it. */
  #allLive(): Reader<unknown>[] {
    return [...this.#live.values()].flatMap((readers) => [...readers.values()]);
  }

  #failed(error: unknown): void {
    this.observer.failed?.();
    this.#settings.onError(error, this.name);
  }

  async #readOrWait(after: Position): Promise<History | undefined> {
    try {
      return await this.#read(after);
    } catch (error) {
      this.#failed(error);
      await wait();
      return undefined;
    }
  }

  /** Where it is not far to the tail all of it is read, and kept there for whoever comes after. */
  async #read(after: Position): Promise<History> {
    const { log, tailEvents, tailBytes, watermark } = this.#settings;
    const { offset } = after;
    const { start, end } = this.tail;
    const near = after.epoch === this.epoch && offset < start && offset > this.#tooFar && end - offset <= tailEvents;
    const [limit, maxBytes] = near ? [tailEvents, tailBytes] : [PAGE_EVENTS, watermark];
    const page = await log.read(this.name, after, limit, Math.max(1, maxBytes));
    // The page may have what waits to go out.
    this.#gathering.flush();
    const entries = page.events.map((event) => new Entry(event));
    if (near && page.epoch === this.epoch && !this.tail.prepend(entries)) this.#tooFar = offset;
    return { ...page, entries };
  }
}

function wait(): Promise<void> {
  return delay(RETRY_TIME, undefined, { ref: false });
}
