import type { IncomingMessage } from 'node:http';
import type { Peer } from './client-address.ts';
import type { ProtocolError } from './errors.ts';
import type { Refusal } from './handshake.ts';
import type { Connection } from './wire/connection.ts';

/** The events of a server and what their listeners are given. */
export interface ServerEvents {
  listening: [];
  close: [];
  error: [error: Error];
  connection: [connection: Connection, request: IncomingMessage];
  /** A handler threw; its connection was closed with 1011. */
  handlerError: [error: unknown, connection: Connection];
  /** A peer broke the protocol or a limit; its connection was closed. */
  violation: [error: ProtocolError, connection: Connection];
  /** A request was refused before the upgrade, or a connection before its request was read. */
  refused: [refusal: Refusal, request: IncomingMessage | undefined, peer: Peer];
  /** `authorize`, or `refuse` of a route, threw; the request was answered 500. */
  authorizeError: [error: unknown, request: IncomingMessage];
  /** With `rooms`: a text of `broadcast` or of a group has not reached other servers, or those of others may be missing here. */
  relayError: [error: unknown];
}
