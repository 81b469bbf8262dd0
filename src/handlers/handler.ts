import type { IncomingMessage } from 'node:http';
import type { Connection } from '../wire/connection.ts';

/**
 * What a path does with a connection: the shape of a `nodejs-websocket` callback.
 * What it throws, now or in a listener that it adds, closes that connection with 1011.
 */
export interface ConnectionHandler {
  (connection: Connection, request: IncomingMessage): void;
  /** As `refuse` of a route: asked before the upgrade. */
  refuse?(request: IncomingMessage): { readonly status: number; readonly reason: string } | undefined;
  /** As `protocols` of a route: the subprotocols that it speaks. */
  protocols?: readonly string[];
}
