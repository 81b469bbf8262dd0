import type { Appended, EventLog, GrowthListener, LogSize, Page, Publication, RoomEvent } from '../event-log.ts';
import { bytesOf, type LogOptions, type LogSettings, liveLimits, logSettings, tooManyRooms } from '../log-limits.ts';
import { newEpoch, type RoomLife, startAfter } from '../log-place.ts';
import type { Position } from '../position.ts';
import { unavailable } from '../room-error.ts';

interface KeyedEvent extends RoomEvent {
  readonly key: string | undefined;
  readonly bytes: number;
}

class MemoryRoom implements RoomLife {
  readonly epoch = newEpoch();
  readonly previous = [];
  readonly keys = new Map<string, KeyedEvent>();
  /** By offset; a Map forgets its oldest in constant time. */
  readonly events = new Map<number, KeyedEvent>();
  first = 1;
  head = 0;
  bytes = 0;
  at = 0;
}

/** A log of this process alone, which is gone when it ends. */
export class MemoryLog implements EventLog {
  readonly #settings: LogSettings;
  readonly #rooms = new Map<string, MemoryRoom>();
  /** Rooms without events, the longest idle first. */
  readonly #idle = new Set<string>();
  readonly #listeners = new Set<GrowthListener>();
  readonly #sweeping: NodeJS.Timeout;
  #isClosed = false;

  /** The limits' defaults are those of live rooms. */
  constructor(options: LogOptions = {}) {
    this.#settings = logSettings(options, liveLimits);
    this.#sweeping = setInterval(() => this.#sweep(), this.#settings.sweepInterval);
    this.#sweeping.unref();
  }

  async append(name: string, publication: Publication): Promise<Appended> {
    const room = this.#room(name);
    const { key } = publication;
    const first = key === undefined ? undefined : room.keys.get(key);
    if (first !== undefined) return appended(room, first, true);
    const event = this.#add(room, publication);
    this.#idle.delete(name);
    this.#trim(room);
    const { offset, at, from, text } = event;
    for (const listener of this.#listeners) listener(name, offset, { offset, at, from, text }, room.epoch);
    return appended(room, event, false);
  }

  async read(name: string, after: Position | undefined, limit: number, maxBytes = Infinity): Promise<Page> {
    const room = this.#room(name);
    const start = startAfter(room, after);
    const events: RoomEvent[] = [];
    let bytes = 0;
    for (let next = start.after + 1; next <= room.head && events.length < limit && bytes < maxBytes; next++) {
      const event = room.events.get(next);
      if (event === undefined) break;
      events.push({ offset: next, at: event.at, from: event.from, text: event.text });
      bytes += event.bytes;
    }
    return { epoch: room.epoch, head: room.head, ...start, events };
  }

  async head(name: string): Promise<Position> {
    const { epoch, head } = this.#room(name);
    return { epoch, offset: head };
  }

  follow(listener: GrowthListener): () => void {
    const own: GrowthListener = (...growth) => listener(...growth);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  size(): LogSize {
    let events = 0;
    let bytes = 0;
    for (const room of this.#rooms.values()) {
      events += room.events.size;
      bytes += room.bytes;
    }
    return { rooms: this.#rooms.size, events, bytes };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#sweeping);
    this.#listeners.clear();
    this.#rooms.clear();
  }

  /** The room, as one that was asked for just now. */
  #room(name: string): MemoryRoom {
    if (this.#isClosed) throw unavailable(new Error('the log is closed'));
    const room = this.#rooms.get(name) ?? this.#begin(name);
    if (room.events.size === 0) {
      this.#idle.delete(name);
      this.#idle.add(name);
    }
    return room;
  }

  #begin(name: string): MemoryRoom {
    if (this.#rooms.size >= this.#settings.maxRooms) this.#evict();
    const room = new MemoryRoom();
    this.#rooms.set(name, room);
    return room;
  }

  #evict(): void {
    const [longest] = this.#idle;
    if (longest === undefined) throw tooManyRooms(this.#settings.maxRooms);
    this.#idle.delete(longest);
    this.#rooms.delete(longest);
  }

  #add(room: MemoryRoom, publication: Publication): KeyedEvent {
    const { from, text, key } = publication;
    room.head++;
    room.at = Math.max(room.at, this.#settings.now());
    const event = { offset: room.head, at: room.at, from, text, key, bytes: bytesOf(publication) };
    room.events.set(room.head, event);
    room.bytes += event.bytes;
    if (key !== undefined) room.keys.set(key, event);
    return event;
  }

  #trim(room: MemoryRoom): void {
    const { maxEvents, maxBytes } = this.#settings;
    while (room.events.size > maxEvents || (room.bytes > maxBytes && room.events.size > 1)) dropOldest(room);
  }

  #sweep(): void {
    const before = this.#settings.now() - this.#settings.maxAge;
    for (const [name, room] of this.#rooms) {
      if (room.events.size === 0) continue;
      while ((room.events.get(room.first)?.at ?? Infinity) < before) dropOldest(room);
      if (room.events.size === 0) this.#idle.add(name);
    }
  }
}

function dropOldest(room: MemoryRoom): void {
  const event = room.events.get(room.first);
  if (event === undefined) return;
  room.events.delete(room.first);
  room.first++;
  room.bytes -= event.bytes;
  if (event.key !== undefined) room.keys.delete(event.key);
}

function appended({ epoch }: RoomLife, { offset, at }: RoomEvent, duplicate: boolean): Appended {
  return { position: { epoch, offset }, at, duplicate };
}
