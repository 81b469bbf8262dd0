import type { Position } from './position.ts';

/** A line as it is published. */
export interface Publication {
  /** Name of the sender. */
  readonly from: string;
  readonly text: string;
  /** Makes it idempotent: a second publication of the same key to the same room repeats the first one's result. */
  readonly key?: string | undefined;
}

/** A line in the log of a room. */
export interface RoomEvent {
  /** Counts from 1 without holes. */
  readonly offset: number;
  /** Milliseconds since the epoch; never smaller than that of the event before. */
  readonly at: number;
  readonly from: string;
  readonly text: string;
}

export interface Appended {
  /** The event's own place: reading after it gives what came next. */
  readonly position: Position;
  readonly at: number;
  /** The key was there already; position and time are those of the first. */
  readonly duplicate: boolean;
}

/** What retention has dropped between two places: the events after `from` up to and with `to`. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/** A run of events, and what to know about the place it was asked from. */
export interface Page {
  readonly epoch: string;
  /** Offset of the newest event of the log; 0 where there was none yet. */
  readonly head: number;
  /** Where the events begin: the offset before the first of them. */
  readonly after: number;
  /** In order, without holes, beginning at `after + 1`. */
  readonly events: readonly RoomEvent[];
  /** Dropped by retention between the place asked for and `after`. */
  readonly gap?: Gap | undefined;
  /** The position asked for is not of this log, or lies beyond its head: it was replaced or cut. The page begins at the oldest event retained. */
  readonly reset: boolean;
}

/** What all rooms of a log hold together. */
export interface LogSize {
  readonly rooms: number;
  /** Some that were dropped a moment ago may still count. */
  readonly events: number;
  /** On disk, as far as it is in use; in memory and in Redis that of texts and names. */
  readonly bytes: number;
}

/** Told when a room's log has grown: its head now, the event at the head where it is known already, and the epoch where the log can tell. */
export type GrowthListener = (room: string, head: number, event?: RoomEvent, epoch?: string) => void;

/**
 * Append-only logs of text events, one per room; a room begins when it is first asked for.
 *
 * Every method may reject with a RoomError: `unavailable` where the store cannot be reached or is full, `too_many_rooms`
 * where a room would be one more than the store's limit. Nothing was appended then; but where the store is another machine that
 * has not answered in time, it may have been: a publication's key makes trying it again safe.
 */
export interface EventLog {
  /** Its events come one by one also where they follow each other closely: it has no commits that gather them. @default false */
  readonly answersEach?: boolean;
  /**
   * Resolves when the event is as durable as the store was set up for, and after this process's followers were told of it;
   * events of one caller to one room keep their order.
   */
  append(room: string, publication: Publication): Promise<Appended>;
  /**
   * Reads events that come after a place.
   * @param after undefined for the oldest that is retained
   * @param limit the most events in the page; the page also ends when it holds `maxBytes` of text or more
   */
  read(room: string, after: Position | undefined, limit: number, maxBytes?: number): Promise<Page>;
  /** The place of the newest event. From then on it is valid, also in a room that stays empty, and after a restart. */
  head(room: string): Promise<Position>;
  /**
   * Tells of each room that grows, in this process or, within 50 ms, in another; heads of one process come in order, those of
   * several may overtake each other. Returns what ends it.
   */
  follow(listener: GrowthListener): () => void;
  /**
   * Where this is there, `follow` tells of what other processes append only in rooms that are listened to: from when it resolves
   * until what it resolves with is called.
   */
  listen?(room: string): Promise<() => void>;
  /** What it holds, where that is known without counting. May throw or reject as the others do. */
  size?(): LogSize | Promise<LogSize>;
  /** Resolves when everything appended is on disk, and the store is closed. What is asked of it later is `unavailable`. */
  close(): Promise<void>;
}
