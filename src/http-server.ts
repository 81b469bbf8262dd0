import http, { type RequestListener, type Server } from 'node:http';
import https from 'node:https';
import type { ListenOptions, Socket } from 'node:net';
import { type Peer, peerOf } from './client-address.ts';
import { isAnswering, type Refusal, refuse } from './handshake.ts';
import { DEFAULT_HANDSHAKE_TIMEOUT, DEFAULT_MAX_HEADER_BYTES, type ServerOptions } from './server-options.ts';

/**
 * Makes the HTTP or HTTPS server of a port, with bounds on a request's head and on the time that it takes.
 * @param onRefused told of requests that are none, or come too slowly
 */
export function createHttpServer(options: ServerOptions, onRefused: (refusal: Refusal, peer: Peer) => void): Server {
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
  server.on('clientError', (error, socket) => {
    // What is not HTTP came behind a request whose answer is on its way: another answer would be taken for it.
    if (isAnswering(socket) || !socket.writable) {
      socket.destroy();
      return;
    }
    const refusal = clientProblem(error, maxHeaderBytes);
    refuse(socket, refusal);
    onRefused(refusal, peerOf(socket as Socket));
  });
  return server;
}

/**
 * What `listen` of a `net.Server` is given.
 * @param where a port, the path of a Unix socket, or all of it
 */
export function listenOptions(
  where: number | string | ListenOptions,
  host: unknown,
  backlog: number | undefined,
): ListenOptions {
  return {
    ...(typeof where === 'object' ? where : placeOf(where)),
    ...(typeof host === 'string' ? { host } : {}),
    ...(backlog === undefined ? {} : { backlog }),
  };
}

function placeOf(where: number | string): ListenOptions {
  return Number.isInteger(Number(where)) ? { port: Number(where) } : { path: String(where) };
}

const upgradeRequired: RequestListener = (_request, response) => {
  const headers = { Connection: 'close, Upgrade', Upgrade: 'websocket', 'Content-Type': 'text/plain; charset=utf-8' };
  response.writeHead(426, headers).end('This is a WebSocket server: connect with ws:// or wss://\n');
};

/** What Node's parser refuses; its socket has no response object. */
function clientProblem({ code }: NodeJS.ErrnoException, maxHeaderBytes: number): Refusal {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return { status: 408, reason: 'the request came too slowly' };
  if (code === 'HPE_HEADER_OVERFLOW') {
    return { status: 431, reason: `the header has more than ${maxHeaderBytes} bytes` };
  }
  return { status: 400, reason: 'the request is not HTTP/1.1' };
}
