import type { RoomEvent } from './event-log.ts';
import type { ResumeOutcome } from './observer.ts';
import type { Position } from './position.ts';

/**
 * How the events of a room look to some of its readers. The same object is given for all of them: an event is encoded
 * once per format, however many read it, and what `encode` returns is shared and must not be changed.
 */
export interface Format<T> {
  /** @param position the event's own place */
  encode(event: RoomEvent, position: Position): T;
}

/**
 * Somebody who reads a room: a WebSocket connection, a response that streams, a poll that waits.
 * The methods are called in the order in which things came to pass, and must not throw.
 */
export interface Reader<T> {
  /** Bytes given to it that have not gone out yet. Over the rooms' watermark it is given nothing more until `whenDrained` calls back. */
  readonly bufferedAmount: number;
  /** The next event. `encoded` is shared with other readers. */
  deliver(encoded: T, event: RoomEvent): void;
  /** Events after `from` up to and with `to` are no longer retained. */
  gap(from: Position, to: Position): void;
  /** The log that its position was of is no more; events go on after `position`, with the oldest that there is. */
  reset(position: Position): void;
  /** Calls back once, later and never at once, when what waits now has gone out; not at all when the reader is over. */
  whenDrained(callback: () => void): void;
}

/** Where a reader begins: after a position it has, or with the last so many events. */
export type Start =
  | {
      readonly after: Position;
      /** What is found there, where that is known already; `none` is no coming back. */
      readonly found?: ResumeOutcome | 'none';
    }
  | { readonly last: number };

/** A reader's place in a room. It holds a position and no events, however slow the reader is. */
export interface Subscription {
  /** The place of the last event delivered; before `start` the place that was asked for, or the head. */
  readonly position: Position;
  /** From now on events are delivered: nothing before, so that the reader can be told its position first. */
  start(): void;
  /** Nothing more is delivered. */
  close(): void;
}
