import type { Connection } from '../wire/connection.ts';
import type { ConnectionHandler } from './handler.ts';

/** Sends each text and each binary message back as it came. */
export function echo(): ConnectionHandler {
  return (connection) => {
    // One function for all connections, so that an idle one stays small.
    connection.on('lent', sendBack);
  };
}

/** As bytes: what goes back as it came need not become a string on the way. */
function sendBack(this: Connection, data: Buffer, isBinary: boolean): void {
  if (isBinary) this.sendBinary(data);
  else this.sendText(data);
}
