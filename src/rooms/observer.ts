import type { RoomEvent } from './event-log.ts';
import type { RoomErrorCode } from './protocol.ts';

/** What became of a publication. */
export type PublishResult = 'appended' | 'duplicate' | RoomErrorCode;

/**
 * What a reader found who came: `exact` where it goes on just where it was, `gap` and `reset` as readers are told, `head` where it
 * asked for nothing that was, `history` where it asked for the last lines.
 */
export type ResumeOutcome = 'exact' | 'gap' | 'reset' | 'head' | 'history';

/** Told what happens in rooms, each time it does: what it does itself must cost next to nothing, and must not throw. */
export interface RoomsObserver {
  /** @param seconds since it was asked for */
  published?(result: PublishResult, seconds: number): void;
  /** A publication was acknowledged to a WebSocket. */
  acknowledged?(): void;
  /** An event was handed to every reader at the head. */
  pushed?(event: RoomEvent): void;
  /** A reader has come. */
  resumed?(outcome: ResumeOutcome): void;
  /** A reader was told that so many events are missing. */
  gap?(lost: number): void;
  /** A reader was told that the log begins anew. */
  reset?(): void;
  /** A reader at the head had too much waiting. */
  fellBehind?(): void;
  /** The store failed. */
  failed?(): void;
}
