import type { Appended, EventLog, Page, Publication } from './event-log.ts';
import type { Position } from './position.ts';
import type { Arrival, Membership, Presence } from './presence.ts';
import type { Format, Reader, Start, Subscription } from './reader.ts';

export interface RoomsOptions {
  /** Bytes that may wait for a reader before it is given nothing more until they have gone. @default 65536 */
  watermark?: number;
  /** The newest events of a room in use that are kept in memory. @default 1000 */
  tailEvents?: number;
  /** The most bytes of text in them. @default 1048576 */
  tailBytes?: number;
  /** Told what the store failed with; what was asked of it is tried again, or has been refused. @default nobody is told */
  onError?: (error: unknown, room: string) => void;
}

/**
 * The rooms of one store: publishing to them, reading them, being in them. What is kept in memory of a room goes
 * when its last reader does.
 *
 * Every method that returns a promise may reject with a RoomError: `unavailable`, `too_many_rooms`.
 */
export declare class Rooms {
  constructor(log: EventLog, presence: Presence, options?: RoomsOptions);
  /** Resolves when the event is durable. Publications of one caller to one room keep their order. */
  publish(room: string, publication: Publication): Promise<Appended>;
  /** A page of a room's events; parameters as for `EventLog.read`. */
  read(room: string, after: Position | undefined, limit: number, maxBytes?: number): Promise<Page>;
  /** The place of the newest event. */
  head(room: string): Promise<Position>;
  /** Makes somebody a reader of a room; without a start, of what is published from now on. */
  subscribe<T>(room: string, reader: Reader<T>, format: Format<T>, start?: Start): Promise<Subscription>;
  /** Takes somebody into a room under a name. */
  enter(room: string, arrival: Arrival): Promise<Membership>;
  /** Names of who is in a room, in the order of their coming. */
  members(room: string): Promise<readonly string[]>;
  /** Delivers nothing more, and closes the log and the presence. */
  close(): Promise<void>;
}
