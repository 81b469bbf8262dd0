import type { ProtocolError } from '../errors.ts';
import type { BinaryReader } from './binary-stream.ts';
import type { Connection } from './connection.ts';
import type { DeflateNegotiator } from './deflate.ts';
import type { Group } from './group.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { OutboxLimits } from './outbox.ts';
import type { ReadingOptions } from './reading.ts';

/** What the connections of one server, or one client, have in common. */
export interface ConnectionSettings extends ReadingOptions, OutboxLimits {
  /** Milliseconds for the closing handshake before the socket is destroyed. */
  closeTimeout: number;
  /** Bytes of a message to collect before a frame of a binary stream is sent. */
  binaryFragmentation: number;
  heartbeat?: Heartbeat;
  /** Agrees on compression; without it compression is off. */
  compression?: DeflateNegotiator | undefined;
  /** A listener of a connection threw or rejected; the connection closes with 1011. */
  onHandlerError(error: unknown, connection: Connection): void;
  onViolation?(error: ProtocolError, connection: Connection): void;
  /** The connection is over; called once, before its `close` event. */
  onClosed?(connection: Connection): void;
  /** Its socket is gone, at the same time or later; called once. */
  onGone?(connection: Connection): void;
}

/** What a handler can reach of the server that its connection belongs to. */
export interface ConnectionOwner {
  /** The open connections, in no particular order. */
  readonly connections: readonly Connection[];
  /** Sends a text to every open connection that `filter` lets through. */
  broadcast(text: string, filter?: (connection: Connection) => boolean): number;
  /** The group of this name. */
  group(name: string): Group;
  /** @internal Chooses the subprotocol in the handshake. */
  readonly _selectProtocol: ((connection: Connection, protocols: string[]) => string | undefined) | null;
}

/** The events of a connection and what their listeners are given. */
export interface ConnectionEvents {
  /** A whole text message. */
  text: [text: string];
  /** A binary message begins; the stream ends with it. Where nobody listens the message is dropped. */
  binary: [stream: BinaryReader];
  /** A whole message of either kind as bytes, those of a text in UTF-8; a text that is only listened to so is not decoded. */
  message: [data: Buffer, isBinary: boolean];
  /**
   * As `message`, but the bytes of a text are those that were read: they are overwritten when the listener returns.
   * @internal
   */
  lent: [data: Buffer, isBinary: boolean];
  /** The answer to a ping, its payload as text. */
  pong: [payload: string];
  /** The connection is over: the code and reason of the first Close frame, 1005 without a code, 1006 without a frame. */
  close: [code: number, reason: string];
  /** A socket error, or a call that cannot be carried out. A socket error without a listener is dropped. */
  error: [error: Error];
  /** A client's handshake succeeded. */
  connect: [];
  /** Everything queued was handed to the operating system after more had waited than it took. */
  drain: [];
  /** The server stops: the client is told to come back after so many milliseconds. What is sent at once goes before the Close. */
  draining: [afterMs: number];
}
