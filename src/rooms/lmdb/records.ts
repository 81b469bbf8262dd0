import { createHash } from 'node:crypto';
import type { Database, RootDatabase } from 'lmdb';
import type { LogSize, RoomEvent } from '../event-log.ts';
import type { PreviousLife, RoomLife } from '../log-place.ts';

/** Longer publication keys and room names are kept by their hash: an LMDB key has at most 1,978 bytes. */
const LONGEST_NAME = 1024;
const OFFSET_BYTES = 6;

/** What is kept of a room. Its events are under its number, so that a room that begins anew has none of those before. */
export interface RoomRecord extends RoomLife {
  readonly number: number;
  readonly name: string;
  first: number;
  head: number;
  /** Of the retained events, as bytesOf counts. */
  bytes: number;
  /** Time of the newest event. */
  at: number;
  /** Since when it has no events; 0 where it has. */
  idleSince: number;
  /** The table of keys has those of the events up to this offset. */
  indexed: number;
  /** Offset of the oldest event in the table: those before `first` are dropped, and taken out of it some at a time. */
  kept: number;
}

type StoredRoom = readonly [
  number: number,
  name: string,
  epoch: string,
  first: number,
  head: number,
  bytes: number,
  at: number,
  idleSince: number,
  previous: readonly PreviousLife[],
  indexed?: number,
  kept?: number,
];

/** The name comes after the text: where a file has lost its end, that of a long value is zero, and a name does not end so. */
export type StoredEvent = readonly [at: number, text: string, from: string, key?: string];

type StateKey = 'boot' | 'clean' | 'rooms' | 'number';

/** The databases of a log in its environment. */
export interface LogTables {
  /** By name. */
  readonly rooms: Database<StoredRoom, Buffer>;
  /** By room number and offset. */
  readonly events: Database<StoredEvent, Buffer>;
  /** Offsets, by room number and publication key; of the newest events the keys are not there yet. */
  readonly keys: Database<number, Buffer>;
  /** Names of rooms without events, by since when and room number. */
  readonly idle: Database<string, Buffer>;
  readonly state: Database<string | number | boolean, StateKey>;
}

export function openTables(root: RootDatabase): LogTables {
  const keyEncoding = 'binary';
  return {
    rooms: root.openDB('rooms', { keyEncoding }),
    events: root.openDB('events', { keyEncoding }),
    keys: root.openDB('keys', { keyEncoding }),
    idle: root.openDB('idle', { keyEncoding }),
    state: root.openDB('state', {}),
  };
}

/** What LMDB says of a database; its types leave that open. */
interface TableStats {
  readonly pageSize: number;
  readonly entryCount: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

/** LMDB keeps these numbers with each database. */
export function sizeOf({ rooms, events, keys }: LogTables): LogSize {
  const statsOf = (table: { getStats(): object }) => table.getStats() as TableStats;
  const [ofRooms, ofEvents] = [statsOf(rooms), statsOf(events)];
  const bytes = pageBytes(ofRooms) + pageBytes(ofEvents) + pageBytes(statsOf(keys));
  return { rooms: ofRooms.entryCount, events: ofEvents.entryCount, bytes };
}

function pageBytes({ pageSize, treeBranchPageCount, treeLeafPageCount, overflowPages }: TableStats): number {
  return (treeBranchPageCount + treeLeafPageCount + overflowPages) * pageSize;
}

/** Never empty, as LMDB demands. */
export function nameKey(name: string): Buffer {
  return bounded(Buffer.from(`:${name}`));
}

export function eventKey(number: number, offset: number): Buffer {
  const key = Buffer.allocUnsafe(4 + OFFSET_BYTES);
  key.writeUInt32BE(number, 0);
  key.writeUIntBE(offset, 4, OFFSET_BYTES);
  return key;
}

export function offsetOf(eventKey: Buffer): number {
  return eventKey.readUIntBE(4, OFFSET_BYTES);
}

export function publicationKey(number: number, key: string): Buffer {
  const bytes = bounded(Buffer.from(key));
  const place = Buffer.allocUnsafe(4 + bytes.length);
  place.writeUInt32BE(number, 0);
  place.set(bytes, 4);
  return place;
}

export function idleKey({ idleSince, number }: RoomRecord): Buffer {
  const key = Buffer.allocUnsafe(6 + 4);
  key.writeUIntBE(idleSince, 0, 6);
  key.writeUInt32BE(number, 6);
  return key;
}

export function toRecord(stored: StoredRoom): RoomRecord {
  const [number, name, epoch, first, head, bytes, at, idleSince, previous, indexed = head, kept = first] = stored;
  return { number, name, epoch, first, head, bytes, at, idleSince, previous, indexed, kept };
}

export function fromRecord(room: RoomRecord): StoredRoom {
  const { number, name, epoch, first, head, bytes, at, idleSince, previous, indexed, kept } = room;
  return [number, name, epoch, first, head, bytes, at, idleSince, previous, indexed, kept];
}

export function toEvent(offset: number, [at, text, from]: StoredEvent): RoomEvent {
  return { offset, at, from, text };
}

function bounded(name: Buffer): Buffer {
  return name.length <= LONGEST_NAME ? name : createHash('sha512').update(name).digest();
}
