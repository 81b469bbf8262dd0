import type { SentCallback } from './socket-writer.ts';

/** Messages on their way out of one connection, whichever way they are encoded. */
export interface Outgoing {
  /** Bytes that the operating system has not taken yet. */
  readonly bytes: number;
  /** So much waits that no further message is taken. */
  readonly full: boolean;
  /** Queues one encoded frame; it may be shared between connections. */
  push(frame: Buffer, sent?: SentCallback): void;
  /** Queues a text, encoded now. */
  pushText(text: string, sent?: SentCallback): void;
  /** Queues a message of bytes; a text's are UTF-8. */
  pushMessage(opcode: number, data: Uint8Array, sent?: SentCallback): void;
  /** Queues a text for which there is a frame, uncompressed and unmasked, that others have too. */
  pushShared(text: string, frame: Buffer): void;
  /** Writes what waits for the end of the turn now. */
  flush(): void;
  /** Ends the socket when everything queued has gone out. */
  end(): void;
  /** Forgets what the socket was not given yet. */
  clear(): void;
  /** Calls back when nothing waits to be encoded; now, if that is so. Never after `abandon`. */
  whenIdle(callback: () => void): void;
  /** Forgets what waits to be encoded, so that a Close can go out at once. */
  abandon(): void;
}
