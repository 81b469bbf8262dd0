import type { CloseCode } from './close-codes.ts';

/** Stable codes of everything this library throws or emits as an error. */
export type ErrorCode =
  | 'ERR_CONFIG'
  | 'ERR_HANDSHAKE'
  | 'ERR_LISTEN'
  | 'ERR_BINARY_IN_PROGRESS'
  | 'ERR_PROTOCOL'
  | 'ERR_STORE';

/** An error of this library; `code` is stable, `message` is for people. */
export class TextEventError extends Error {
  override readonly name: string = 'TextEventError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What a peer sent breaks RFC 6455 or a limit; it ends that connection with `close`. */
export class ProtocolError extends TextEventError {
  override readonly name = 'ProtocolError';
  readonly close: CloseCode;

  /** @param detail what was got and what was expected: for the log, never for the wire */
  constructor(close: CloseCode, detail: string) {
    super('ERR_PROTOCOL', `${close.code} ${close.reason}: ${detail}`);
    this.close = close;
  }
}
