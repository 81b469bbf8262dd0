import type { IncomingMessage } from 'node:http';
import type { ConnectionHandler } from './handlers/handler.ts';
import type { Connection } from './wire/connection.ts';

/** What a handler throws, or rejects with, closes its connection and nothing else. */
export function runHandler(handler: ConnectionHandler, connection: Connection, request: IncomingMessage): void {
  try {
    const result: unknown = handler(connection, request);
    if (result instanceof Promise) result.catch((error) => connection.handlerFailed(error));
  } catch (error) {
    connection.handlerFailed(error);
  }
}
