import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
// First: its files require each other in a circle that works from this side only.
import 'nodejs-websocket';
import PackageConnection from 'nodejs-websocket/Connection.js';

/** What of `nodejs-websocket`'s Connection is used: its names, and its part in the opening handshake. */
export interface BaseConnection extends EventEmitter {
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
  socket: Socket;
  /** Writes the request of a client. */
  startHandshake(): void;
  /** Checks the head of a server's answer; emits `error` and returns false where it is not an agreement. */
  checkHandshake(lines: string[]): boolean;
  readHeaders(lines: string[]): void;
  /** A head as text, of a request or of an answer. */
  buildRequest(requestLine: string, headers: Record<string, string>): string;
}

/**
 * The package's constructor makes five closures for each connection and reads frames itself, in the ways that
 * docs/design.md lists as faults. This one has the package's prototype, so its handshake and its names, without that.
 */
function Base(this: EventEmitter): void {
  // Rejections of asynchronous listeners come back to the connection instead of ending the process.
  EventEmitter.call(this, { captureRejections: true });
}
Base.prototype = PackageConnection.prototype;

export const BaseConnection = Base as unknown as new () => BaseConnection;
