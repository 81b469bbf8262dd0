import type { BinaryReader } from '../wire/binary-stream.ts';
import type { Connection } from '../wire/connection.ts';
import type { ConnectionHandler } from './handler.ts';

/** Sends each text and each binary message back as it came. */
export function echo(): ConnectionHandler {
  return (connection) => {
    // Named functions, the same for all connections, so that an idle one stays small.
    connection.on('text', echoText);
    connection.on('binary', echoBinary);
  };
}

function echoText(this: Connection, text: string): void {
  this.sendText(text);
}

function echoBinary(this: Connection, stream: BinaryReader): void {
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  stream.on('end', () => this.sendBinary(Buffer.concat(pieces)));
}
