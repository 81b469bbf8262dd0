import { type RoomErrorCode, roomErrors } from './protocol.ts';

/** What a room could not do; `code` is stable, `message` says what was got and what was expected and may go to the client. */
export class RoomError extends Error {
  override readonly name = 'RoomError';
  readonly code: RoomErrorCode;

  constructor(code: RoomErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** Whether the same again may succeed later. */
  get retryable(): boolean {
    return roomErrors[this.code].retryable;
  }
}

/** The store failed; why is in the cause, which is not for the client. */
export function unavailable(cause: unknown): RoomError {
  return new RoomError('unavailable', 'the room log cannot be used now; try again later', { cause });
}
