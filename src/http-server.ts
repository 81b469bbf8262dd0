import http, { type RequestListener, type Server } from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { ignoreErrors, refuse } from './handshake.ts';
import { DEFAULT_HANDSHAKE_TIMEOUT, DEFAULT_MAX_HEADER_BYTES, type ServerOptions } from './server-options.ts';

/** Makes the HTTP or HTTPS server of a port, with bounds on a request's head and on the time that it takes. */
export function createHttpServer(options: ServerOptions): Server {
  const {
    handshakeTimeout = DEFAULT_HANDSHAKE_TIMEOUT,
    maxHeaderBytes = DEFAULT_MAX_HEADER_BYTES,
    request = upgradeRequired,
  } = options;
  const bounds = {
    headersTimeout: handshakeTimeout,
    requestTimeout: Math.max(handshakeTimeout, 30_000),
    // Node looks for late requests only this often, by default each 30 s.
    connectionsCheckingInterval: Math.min(1_000, handshakeTimeout),
    maxHeaderSize: maxHeaderBytes,
  };
  const server = options.secure
    ? https.createServer({ ...options, handshakeTimeout, ...bounds }, request)
    : http.createServer(bounds, request);
  server.on('clientError', (error, socket) => onClientError(error, socket, maxHeaderBytes));
  return server;
}

const upgradeRequired: RequestListener = (_request, response) => {
  const headers = { Connection: 'close, Upgrade', Upgrade: 'websocket', 'Content-Type': 'text/plain; charset=utf-8' };
  response.writeHead(426, headers).end('This is a WebSocket server: connect with ws:// or wss://\n');
};

/** What Node's parser refuses; its socket has no response object. */
function onClientError(error: NodeJS.ErrnoException, socket: Duplex, maxHeaderBytes: number): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.on('error', ignoreErrors);
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') refuse(socket, { status: 408, reason: 'the request came too slowly' });
  else if (error.code === 'HPE_HEADER_OVERFLOW') {
    refuse(socket, { status: 431, reason: `the header has more than ${maxHeaderBytes} bytes` });
  } else refuse(socket, { status: 400, reason: 'the request is not HTTP/1.1' });
}
