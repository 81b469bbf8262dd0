import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Connection } from './connection.ts';

/** RFC 6455 section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * Answers a request that was found to be an opening handshake (section 4.2.2): agrees on a subprotocol, writes the 101.
 * In place of the package's `answerHandshake`, which hashes the key by a stream: a fifth of a handshake's cost.
 * @param extensions the header of what was agreed on beside it
 */
export function answerHandshake(connection: Connection, request: IncomingMessage, extensions?: string): void {
  const { 'sec-websocket-key': key, 'sec-websocket-protocol': offered } = request.headers;
  connection.path = request.url ?? '/';
  connection.headers = request.headers;
  connection.key = key ?? '';
  if (offered !== undefined) {
    connection.protocols = offered.split(',').map((protocol) => protocol.trim());
    connection.protocol = connection.server?._selectProtocol?.(connection, connection.protocols);
  }
  const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64');
  const fields: Record<string, string> = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Accept': accept,
  };
  if (connection.protocol) fields['Sec-WebSocket-Protocol'] = connection.protocol;
  if (extensions) fields['Sec-WebSocket-Extensions'] = extensions;
  connection.socket.write(connection.buildRequest('HTTP/1.1 101 Switching Protocols', fields));
}
