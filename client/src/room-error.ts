import type { RoomErrorCode } from '../../src/rooms/protocol.ts';

/** A line on its way into a room. */
export interface OutboxLine {
  /** Makes it idempotent: however often it is sent, it is published once. Keys of later lines sort later. */
  readonly key: string;
  readonly text: string;
}

/**
 * What a room could not do. Codes are those of the server, and these:
 * `closed`: the room was closed before the line was acknowledged. Whether it was published is not known; it stays in the store and goes out,
 * once, when the room is joined again;
 * `queue_full`: as many lines wait as may;
 * `store`: the store of the outbox failed; lines are published, but would not survive a reload.
 */
export class RoomError extends Error {
  override readonly name = 'RoomError';
  readonly code: RoomErrorCode | 'closed' | 'queue_full' | 'store';
  /** Whether the same again may succeed later. */
  readonly retryable: boolean;
  /** That it is about. */
  readonly line: OutboxLine | undefined;

  constructor(code: RoomError['code'], message: string, retryable: boolean, line?: OutboxLine) {
    super(message);
    this.code = code;
    this.retryable = retryable;
    this.line = line;
  }
}
