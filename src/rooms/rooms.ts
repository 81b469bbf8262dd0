import { Cursor } from './cursor.ts';
import type { Appended, EventLog, LogSize, Page, Publication } from './event-log.ts';
import type { PublishResult, ResumeOutcome, RoomsObserver } from './observer.ts';
import type { Position } from './position.ts';
import type { Arrival, Members, Membership, Presence } from './presence.ts';
import type { Format, Reader, Start, Subscription } from './reader.ts';
import { Room, type RoomSettings } from './room.ts';
import { RoomError } from './room-error.ts';

export type { Format, Reader, Start, Subscription } from './reader.ts';

/** Somebody came to a room, or has left it. */
export type Watcher = (change: 'join' | 'leave', name: string) => void;

/** In larger rooms nobody is told of each other: n members who come and go would be n² messages. */
export const MAX_WATCHED_MEMBERS = 200;

export interface RoomsOptions {
  /** Bytes that may wait for a reader before it is given nothing more until they have gone. @default 65536 */
  watermark?: number | undefined;
  /** The newest events of a room in use that are kept in memory; no more than the log retains. @default 1000 */
  tailEvents?: number | undefined;
  /** The most bytes that they may take, roughly. @default 1048576 */
  tailBytes?: number | undefined;
  /** The same for all rooms together. @default 33554432 */
  totalTailBytes?: number | undefined;
  /** Milliseconds after which they are not shown to who comes; what the log keeps is what there is. @default Infinity */
  tailAge?: number | undefined;
  /** Told what the store failed with; a reading is tried again, a publication is not. @default nobody is told */
  onError?: ((error: unknown, room: string) => void) | undefined;
  /** @default nobody is told */
  observer?: RoomsObserver | undefined;
}

/** What the rooms in memory hold at this moment. */
export interface RoomsUsage {
  readonly rooms: number;
  readonly readers: number;
  /** Readers that are not at the head: they have come just now, or read slowly. */
  readonly behind: number;
  /** Of the newest events that are kept. */
  readonly tailBytes: number;
}

/**
 * The rooms of one store: publishing to them, reading them, being in them. What is kept in memory of a room goes
 * when its last reader does.
 *
 * Every method that returns a promise may reject with a RoomError: `unavailable`, `too_many_rooms`.
 */
export class Rooms {
  readonly observer: RoomsObserver;
  readonly #log: EventLog;
  readonly #presence: Presence;
  readonly #settings: RoomSettings;
  readonly #rooms = new Map<string, Room>();
  readonly #watchers = new Map<string, Set<Watcher>>();
  readonly #unfollow: (() => void)[];

  constructor(log: EventLog, presence: Presence, options: RoomsOptions = {}) {
    const { watermark = 64 * 1024, tailEvents = 1000, tailBytes = 1024 * 1024, tailAge = Infinity } = options;
    const { totalTailBytes = 32 * 1024 * 1024, onError = () => {}, observer = {} } = options;
    const tailBudget = { bytes: totalTailBytes, used: 0 };
    this.observer = observer;
    this.#log = log;
    this.#presence = presence;
    const onEmpty = ({ name }: Room) => this.#rooms.delete(name);
    this.#settings = { log, watermark, tailEvents, tailBytes, tailAge, tailBudget, observer, onError, onEmpty };
    this.#unfollow = [
      log.follow((room, head, event, epoch) => this.#rooms.get(room)?.onGrowth(head, event, epoch)),
      presence.follow((room, change, name, count) => {
        if (count > MAX_WATCHED_MEMBERS) return;
        for (const watcher of this.#watchers.get(room) ?? []) watcher(change, name);
      }),
    ];
  }

  /** Bytes that may wait for a reader before it is given nothing more until they have gone. */
  get watermark(): number {
    return this.#settings.watermark;
  }

  /** How many rooms are in memory. */
  get size(): number {
    return new Set([...this.#rooms.keys(), ...this.#watchers.keys()]).size;
  }

  /** Counted now, over every room in memory. */
  usage(): RoomsUsage {
    let readers = 0;
    let behind = 0;
    for (const room of this.#rooms.values()) {
      readers += room.readers.total;
      behind += room.readers.behind;
    }
    return { rooms: this.size, readers, behind, tailBytes: this.#settings.tailBudget.used };
  }

  /** The rooms that somebody in this process reads, and how many do. */
  *sizes(): Iterable<[room: string, readers: number]> {
    for (const [name, { readers }] of this.#rooms) yield [name, readers.total];
  }

  /** What the store holds, where it knows that without counting. */
  async logSize(): Promise<LogSize | undefined> {
    return this.#log.size?.();
  }

  /** Resolves when the event is durable. Publications of one caller to one room keep their order. */
  async publish(room: string, publication: Publication): Promise<Appended> {
    const start = performance.now();
    const settled = (result: PublishResult) => this.observer.published?.(result, (performance.now() - start) / 1000);
    try {
      const appended = await this.#log.append(room, publication);
      settled(appended.duplicate ? 'duplicate' : 'appended');
      const inUse = this.#rooms.get(room);
      if (inUse && inUse.epoch !== appended.position.epoch) void inUse.refresh();
      return appended;
    } catch (error) {
      settled(error instanceof RoomError ? error.code : 'unavailable');
      this.observer.failed?.();
      this.#settings.onError(error, room);
      throw error;
    }
  }

  /** A page of a room's events; parameters as for `EventLog.read`. */
  read(room: string, after: Position | undefined, limit: number, maxBytes?: number): Promise<Page> {
    return this.#log.read(room, after, limit, maxBytes);
  }

  /** The place of the newest event. */
  head(room: string): Promise<Position> {
    return this.#log.head(room);
  }

  /** Makes somebody a reader of a room; without a start, of what is published from now on. */
  async subscribe<T>(name: string, reader: Reader<T>, format: Format<T>, start?: Start): Promise<Subscription> {
    const room = this.#rooms.get(name) ?? new Room(name, this.#settings);
    this.#rooms.set(name, room);
    const position = await room.enter(start);
    const found = foundAt(start);
    if (found !== undefined && found !== 'none') this.observer.resumed?.(found);
    return new Cursor(room, reader as Reader<unknown>, format, position, found === undefined);
  }

  /** Takes somebody into a room under a name. */
  enter(room: string, arrival: Arrival): Promise<Membership> {
    return this.#presence.enter(room, arrival);
  }

  /** Who is in a room: the names of the first `limit`, in the order of their coming, and how many there are. */
  members(room: string, limit: number): Promise<Members> {
    return this.#presence.members(room, limit);
  }

  /** Tells of everybody who comes to a room and leaves it, as long as it is not too large. Returns what ends it. */
  watch(room: string, watcher: Watcher): () => void {
    const watchers = this.#watchers.get(room) ?? new Set();
    this.#watchers.set(room, watchers.add(watcher));
    return () => {
      if (watchers.delete(watcher) && watchers.size === 0) this.#watchers.delete(room);
    };
  }

  /** Nothing more is delivered. The log and the presence are closed by whoever opened them. */
  close(): void {
    for (const unfollow of this.#unfollow) unfollow();
    for (const room of this.#rooms.values()) room.close();
  }
}

/** What a reader that starts there finds; undefined where that is still to be seen. */
function foundAt(start: Start | undefined): ResumeOutcome | 'none' | undefined {
  if (start === undefined) return 'head';
  return 'after' in start ? start.found : 'history';
}
