import type { Publication } from '../event-log.ts';
import { eventKey, type LogTables, publicationKey, type RoomRecord } from './records.ts';

/** The most events of a room whose keys are not in the table. */
const MOST_BEHIND = 64;
/** Nothing longer is put off, in UTF-16 units: a text that would be read again, and a key that would be kept in memory. */
export const LONG = 1024;
/** Rooms whose newest keys are kept in memory. */
const MOST_ROOMS = 1000;

/** Keys of the newest events of a room. */
interface NewestKeys {
  readonly offsets: Map<string, number>;
  /** Up to which event they are known. */
  upTo: number;
  /** Beyond which event they are kept. */
  after: number;
}

/** A publication that had the same key. */
export interface Known {
  readonly offset: number;
  readonly at: number;
}

/**
 * Finds publications by their keys, inside write transactions.
 *
 * Keys are random, so each would dirty a page of the table of keys, which has to be written and flushed. The table has those of a
 * room's events up to `indexed`. Those after it are with their events alone until there are 64, and then go there together.
 */
export class PublicationKeys {
  readonly #tables: LogTables;
  /** By room number, the one used the longest ago first; read from the events where it is not there. */
  readonly #rooms = new Map<number, NewestKeys>();

  constructor(tables: LogTables) {
    this.#tables = tables;
  }

  find(room: RoomRecord, key: string): Known | undefined {
    const newest = this.#newestOf(room, room.head).offsets.get(key);
    return (
      this.#at(room, newest) ??
      this.#at(room, this.#tables.keys.get(publicationKey(room.number, key)) as number | undefined)
    );
  }

  /** An event has been put at the head. */
  added(room: RoomRecord, { key, text }: Publication): void {
    const { head } = room;
    if (key === undefined && room.indexed === head - 1) {
      room.indexed = head;
      return;
    }
    const newest = this.#newestOf(room, head - 1);
    if (key !== undefined) newest.offsets.set(key, head);
    newest.upTo = head;
    const isLong = text.length > LONG || (key?.length ?? 0) > LONG;
    if (isLong || head - room.indexed >= MOST_BEHIND) this.#index(room, newest);
  }

  /** An event that was dropped is taken out of its table, the oldest first; it had a key or none. */
  takenOut(room: RoomRecord, offset: number, key: string | undefined): void {
    if (offset > room.indexed) room.indexed = offset;
    else if (key !== undefined) this.#remove(publicationKey(room.number, key), offset);
  }

  /** The last transaction has failed: what is in memory may be of it. */
  forget(): void {
    this.#rooms.clear();
  }

  #index(room: RoomRecord, { offsets }: NewestKeys): void {
    for (const [key, offset] of offsets) {
      if (offset >= room.first) this.#tables.keys.putSync(publicationKey(room.number, key), offset);
    }
    room.indexed = room.head;
  }

  /** Since the event was dropped the key may have been used again. */
  #remove(place: Buffer, offset: number): void {
    if (this.#tables.keys.get(place) === offset) this.#tables.keys.removeSync(place);
  }

  /** Of an event that is retained. */
  #at({ number, first }: RoomRecord, offset = 0): Known | undefined {
    const event = offset < first ? undefined : this.#tables.events.get(eventKey(number, offset));
    return event && { offset, at: event[0] };
  }

  /** @param head up to where events are read that are not known yet: those of other processes, or of before */
  #newestOf(room: RoomRecord, head: number): NewestKeys {
    const { number, indexed } = room;
    const newest = this.#rooms.get(number) ?? { offsets: new Map(), upTo: indexed, after: indexed };
    this.#use(number, newest);
    if (newest.after !== indexed) forgetUpTo(newest, indexed);
    for (let offset = newest.upTo + 1; offset <= head; offset++) {
      const key = this.#tables.events.get(eventKey(number, offset))?.[3];
      if (key !== undefined) newest.offsets.set(key, offset);
    }
    newest.upTo = Math.max(newest.upTo, head);
    return newest;
  }

  #use(number: number, newest: NewestKeys): void {
    this.#rooms.delete(number);
    this.#rooms.set(number, newest);
    if (this.#rooms.size <= MOST_ROOMS) return;
    for (const oldest of this.#rooms.keys()) {
      this.#rooms.delete(oldest);
      return;
    }
  }
}

/** What is in the table, or dropped. */
function forgetUpTo(newest: NewestKeys, indexed: number): void {
  for (const [key, offset] of newest.offsets) if (offset <= indexed) newest.offsets.delete(key);
  newest.after = indexed;
  newest.upTo = Math.max(newest.upTo, indexed);
}
