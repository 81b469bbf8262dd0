import type { Socket } from 'node:net';
import { TextEventError } from '../errors.ts';
import type { Connection } from './connection.ts';

/** The head of a server's answer, in bytes. */
const MAX_HEAD_BYTES = 16 * 1024;
const HEAD_END = '\r\n\r\n';

/**
 * The client's side of the opening handshake: asks when the socket is connected, and opens the connection when the
 * server has agreed. What fails is the connection's `error`, where somebody listens, and always its `close`.
 * @param connected the socket's event that says so: `connect`, or `secureConnect` with TLS
 * @param timeout milliseconds from now until the connection must be open
 */
export function startClientHandshake(connection: Connection, connected: string, timeout: number): void {
  const { socket } = connection;
  let head = Buffer.alloc(0);
  const late = setTimeout(() => {
    fail(socket, `the server did not answer the handshake within ${timeout} ms`);
  }, timeout);
  socket.once('close', () => clearTimeout(late));
  socket.once(connected, () => connection.startHandshake());
  socket.on('data', read);

  function read(chunk: Buffer): void {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf(HEAD_END);
    if (end >= 0) finish(end + HEAD_END.length);
    else if (head.length > MAX_HEAD_BYTES) fail(socket, `the server's answer has more than ${MAX_HEAD_BYTES} bytes`);
  }

  function finish(end: number): void {
    clearTimeout(late);
    socket.removeListener('data', read);
    if (!agreed(connection, head.toString('latin1', 0, end))) return;
    if (head.length > end) socket.unshift(head.subarray(end));
    connection.open();
    connection.emit('connect');
  }
}

function agreed(connection: Connection, head: string): boolean {
  const lines = head.split('\r\n');
  const [status = ''] = lines;
  if (!status.includes(' 101')) {
    fail(connection.socket, `the server answered ${JSON.stringify(status)}, expected HTTP/1.1 101`);
    return false;
  }
  try {
    // It emits `error`, which throws where nobody listens.
    if (connection.checkHandshake(lines)) return true;
  } catch {
    // The `close` that follows says that it failed.
  }
  connection.terminate();
  return false;
}

function fail(socket: Socket, reason: string): void {
  socket.destroy(new TextEventError('ERR_HANDSHAKE', `Cannot connect: ${reason}`));
}
