import type { Connection } from '../wire/connection.ts';
import type { ConnectionHandler } from './handler.ts';

/** Sends each text and each binary message back as it came. */
export function echo(): ConnectionHandler {
  return (connection) => {
    // One function for all connections, so that an idle one stays small.
    connection.on('message', sendBack);
  };
}

function sendBack(this: Connection, message: string | Buffer): void {
  this.send(message);
}
