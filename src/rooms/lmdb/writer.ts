import type { Appended, Publication, RoomEvent } from '../event-log.ts';
import { bytesOf, type LogSettings, tooManyRooms } from '../log-limits.ts';
import { newEpoch } from '../log-place.ts';
import type { RoomError } from '../room-error.ts';
import type { Changes, Mark } from './changes.ts';
import { LONG, type PublicationKeys } from './keys.ts';
import {
  eventKey,
  fromRecord,
  idleKey,
  type LogTables,
  nameKey,
  type RoomRecord,
  type StoredEvent,
  toRecord,
} from './records.ts';

/** The most events of a room that are dropped and still in the table: where it is full each append would dirty the pages of the oldest too. */
const MOST_DROPPED = 64;
/** The same as a part of those that it keeps. */
const MOST_DROPPED_OF = 1 / 100;

/** Rooms that grew in one transaction, to which head, and of which epoch. */
export type Growth = readonly (readonly [room: string, head: number, epoch: string])[];

/** What is asked of a room: to append, or only to be there. */
export interface Request {
  readonly room: string;
  readonly publication?: Publication | undefined;
}

/** What became of a request. */
export type Outcome = Answer | { readonly error: RoomError };

export interface Answer {
  readonly error?: never;
  readonly result: Appended;
  /** What was appended. */
  readonly event?: RoomEvent;
}

export interface WriterOptions {
  readonly tables: LogTables;
  readonly keys: PublicationKeys;
  readonly settings: LogSettings;
  readonly changes: Changes<Growth>;
}

/** Writes to the tables of a log. All of it runs inside a write transaction, and holds for that one only. */
export class LmdbWriter {
  readonly #tables: LogTables;
  readonly #keys: PublicationKeys;
  readonly #settings: LogSettings;
  readonly #changes: Changes<Growth>;
  /** Rooms read in this transaction. */
  readonly #rooms = new Map<string, RoomRecord>();
  /** Those to be written, once each, at its end. */
  readonly #changed = new Set<RoomRecord>();
  readonly #grown = new Set<RoomRecord>();
  readonly #mostDropped: number;

  constructor({ tables, keys, settings, changes }: WriterOptions) {
    this.#tables = tables;
    this.#keys = keys;
    this.#settings = settings;
    this.#changes = changes;
    this.#mostDropped = Math.min(MOST_DROPPED, settings.maxEvents * MOST_DROPPED_OF);
  }

  /** Answers each request; the mark is there where anything was written. */
  apply(requests: readonly Request[]): { outcomes: Outcome[]; mark: Mark | undefined } {
    const outcomes = requests.map((request) => this.#answer(request));
    return { outcomes, mark: this.#finish() };
  }

  /**
   * Drops rooms' events from before a time.
   * @param most events at once
   * @returns whether there may be more
   */
  expire(names: readonly string[], before: number, most: number): boolean {
    let left = most;
    for (const name of names) {
      const room = this.#find(name);
      if (room !== undefined) left -= this.#dropOlder(room, before, left);
    }
    this.#finish();
    return left === 0;
  }

  #dropOlder(room: RoomRecord, before: number, most: number): number {
    const { first } = room;
    while (room.first <= room.head && room.first - first < most) {
      const event = this.#tables.events.get(eventKey(room.number, room.first));
      if (event !== undefined && event[0] >= before) break;
      this.#drop(room, event);
    }
    this.#takeOut(room);
    if (room.first > first && room.first > room.head) this.#rest(room);
    return room.first - first;
  }

  #answer({ room: name, publication }: Request): Outcome {
    const room = this.#find(name) ?? this.#begin(name);
    if (room === undefined) return { error: tooManyRooms(this.#settings.maxRooms) };
    if (publication !== undefined) return this.#append(room, publication);
    if (room.idleSince > 0) this.#rest(room);
    return { result: { position: { epoch: room.epoch, offset: room.head }, at: room.at, duplicate: false } };
  }

  #append(room: RoomRecord, publication: Publication): Outcome {
    const { from, text, key } = publication;
    const known = key === undefined ? undefined : this.#keys.find(room, key);
    if (known !== undefined) {
      const { offset, at } = known;
      return { result: { position: { epoch: room.epoch, offset }, at, duplicate: true } };
    }
    room.head++;
    room.at = Math.max(room.at, this.#settings.now());
    room.bytes += bytesOf(publication);
    this.#tables.events.putSync(
      eventKey(room.number, room.head),
      key === undefined ? [room.at, text, from] : [room.at, text, from, key],
    );
    this.#keys.added(room, publication);
    this.#wake(room);
    this.#trim(room);
    this.#changed.add(room);
    this.#grown.add(room);
    const { at, epoch, head } = room;
    return {
      result: { position: { epoch, offset: head }, at, duplicate: false },
      event: { offset: head, at, from, text },
    };
  }

  #trim(room: RoomRecord): void {
    const { maxEvents, maxBytes } = this.#settings;
    while (room.head - room.first >= maxEvents || (room.bytes > maxBytes && room.first < room.head)) {
      this.#drop(room, this.#tables.events.get(eventKey(room.number, room.first)));
    }
  }

  #drop(room: RoomRecord, event: StoredEvent | undefined): void {
    room.first++;
    this.#changed.add(room);
    const [, text = '', from = ''] = event ?? [];
    room.bytes -= bytesOf({ from, text });
    if (text.length > LONG || room.first - room.kept >= this.#mostDropped) this.#takeOut(room);
  }

  /** Takes the events out of the table that have been dropped. */
  #takeOut(room: RoomRecord): void {
    this.#changed.add(room);
    for (; room.kept < room.first; room.kept++) {
      const place = eventKey(room.number, room.kept);
      this.#keys.takenOut(room, room.kept, this.#tables.events.get(place)?.[3]);
      this.#tables.events.removeSync(place);
    }
  }

  #find(name: string): RoomRecord | undefined {
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    const stored = this.#tables.rooms.get(nameKey(name));
    if (stored === undefined) return undefined;
    const room = toRecord(stored);
    this.#rooms.set(name, room);
    return room;
  }

  /** Undefined where there is no place for another room. */
  #begin(name: string): RoomRecord | undefined {
    const count = (this.#tables.state.get('rooms') as number | undefined) ?? 0;
    if (count >= this.#settings.maxRooms) {
      if (!this.#evict()) return undefined;
    } else {
      this.#tables.state.putSync('rooms', count + 1);
    }
    const number = ((this.#tables.state.get('number') as number | undefined) ?? 0) + 1;
    this.#tables.state.putSync('number', number);
    const life = { epoch: newEpoch(), first: 1, head: 0, previous: [] };
    const room = { number, name, ...life, bytes: 0, at: 0, idleSince: 0, indexed: 0, kept: 1 };
    this.#rooms.set(name, room);
    this.#rest(room);
    return room;
  }

  /** Takes away the room that has been idle the longest. */
  #evict(): boolean {
    const [longest] = [...this.#tables.idle.getRange({ limit: 1 })];
    if (longest === undefined) return false;
    this.#tables.idle.removeSync(longest.key);
    this.#tables.rooms.removeSync(nameKey(longest.value));
    const evicted = this.#rooms.get(longest.value);
    if (evicted !== undefined) this.#changed.delete(evicted);
    this.#rooms.delete(longest.value);
    return true;
  }

  /** Marks a room without events as one that was asked for just now. */
  #rest(room: RoomRecord): void {
    this.#wake(room);
    room.idleSince = this.#settings.now();
    this.#changed.add(room);
    this.#tables.idle.putSync(idleKey(room), room.name);
  }

  #wake(room: RoomRecord): void {
    if (room.idleSince === 0) return;
    this.#tables.idle.removeSync(idleKey(room));
    room.idleSince = 0;
  }

  #finish(): Mark | undefined {
    if (this.#changed.size === 0) return undefined;
    for (const room of this.#changed) this.#tables.rooms.putSync(nameKey(room.name), fromRecord(room));
    return this.#changes.record([...this.#grown].map(({ name, head, epoch }) => [name, head, epoch]));
  }
}
