import type { Publication } from './event-log.ts';
import { RoomError } from './room-error.ts';

/** How much a log keeps. Each limit may be `Infinity`. */
export interface LogLimits {
  /** Events of one room; an append beyond it drops the oldest. */
  readonly maxEvents: number;
  /** Bytes of texts and names of one room, in UTF-8; the newest event stays however long it is. */
  readonly maxBytes: number;
  /** Milliseconds that an event is kept; what is older goes at the next sweep. */
  readonly maxAge: number;
  /** Rooms in total; beyond it the one that has been empty and not asked for the longest goes. */
  readonly maxRooms: number;
}

export interface LogOptions extends Partial<LogLimits> {
  /** Milliseconds between two sweeps for events that are too old. @default a tenth of maxAge, from 1 s to 1 min */
  readonly sweepInterval?: number;
  /** Milliseconds since the epoch. @default Date.now */
  readonly now?: () => number;
}

/** For rooms whose lines are to be kept. */
export const durableLimits: LogLimits = {
  maxEvents: 10_000,
  maxBytes: 64 * 1024 ** 2,
  maxAge: 7 * 86_400_000,
  maxRooms: 100_000,
};

/** For rooms that only have to outlive a reload: /broadcast, /ws and /chat. */
export const liveLimits: LogLimits = {
  maxEvents: 1000,
  maxBytes: 16 * 1024 ** 2,
  maxAge: 60_000,
  maxRooms: 100_000,
};

export type LogSettings = Required<LogOptions>;

export function logSettings(options: LogOptions, defaults: LogLimits): LogSettings {
  const { maxAge = defaults.maxAge } = options;
  const sweepInterval = Math.min(60_000, Math.max(1000, maxAge / 10));
  return { ...defaults, sweepInterval, now: Date.now, ...options, maxAge };
}

/** What a publication counts for `maxBytes`. */
export function bytesOf({ from, text }: Pick<Publication, 'from' | 'text'>): number {
  return Buffer.byteLength(from) + Buffer.byteLength(text);
}

export function tooManyRooms(limit: number): RoomError {
  return new RoomError('too_many_rooms', `there are ${limit} rooms with events, which is the limit; try again later`);
}
