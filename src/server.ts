import { EventEmitter } from 'node:events';
import http, { type IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import type { ListenOptions, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { directPeer, type Peer } from './client-address.ts';
import { closeCodes } from './close-codes.ts';
import type { ProtocolError } from './errors.ts';
import type { ConnectionHandler } from './handlers/handler.ts';
import { handshakeProblem, originAllowed, pathOf, type Refusal, refuse } from './handshake.ts';
import { Connection, type ConnectionOwner, type ConnectionSettings } from './wire/connection.ts';
import { type ConnectionFilter, Group, sendToAll } from './wire/group.ts';
import { Heartbeat } from './wire/heartbeat.ts';

/** Chooses one of the subprotocols that a client offers, or none. */
export type SelectProtocol = (connection: Connection, protocols: string[]) => string | undefined;

/** Options of `createServer`. Times are in milliseconds, sizes in bytes; `Infinity` lifts a limit. */
export interface ServerOptions {
  /** Handlers by exact path; other paths are answered 404. Without it every path is let in. */
  routes?: Readonly<Record<string, ConnectionHandler>>;
  /** Answers requests that are not for a WebSocket. @default 426 for every request */
  request?: RequestListener;
  /** Origins whose pages may connect; `*` lets in all. @default ['*'] */
  allowedOrigins?: readonly string[];
  /** Says who sent a request; see `clientAddress` for servers behind a proxy. @default the peer of the socket */
  clientAddress?: (request: IncomingMessage) => Peer;
  /** Chooses the subprotocol. @default the first of `validProtocols` that the client offers */
  selectProtocol?: SelectProtocol;
  /** Subprotocols that the server speaks. @default none */
  validProtocols?: readonly string[];
  /** From the TCP connection to the end of the request's head. @default 10000 */
  handshakeTimeout?: number;
  /** For the closing handshake. @default 3000 */
  closeTimeout?: number;
  /** One whole message. @default 1 MiB */
  maxMessageBytes?: number;
  /** Frames of one message. @default 65536 */
  maxFragments?: number;
  /** Messages and control frames per second of one connection; five seconds' worth may come at once. @default 100 */
  messagesPerSecond?: number;
  /** Bytes per second of one connection; five seconds' worth may come at once. @default 1 MiB */
  bytesPerSecond?: number;
  /** How long reading a connection that is over its rate pauses, before it is closed with 1008. @default 30000 */
  rateGrace?: number;
  /** Open connections in total; over it 503. @default 50000 */
  maxConnections?: number;
  /** Open connections of one address; over it 429. @default 256 */
  maxConnectionsPerIp?: number;
  /** What may wait for a slow reader before it is closed with 1013. @default 1 MiB */
  maxBufferedBytes?: number;
  /** Between two pings of a connection; 0 for none. @default 25000 */
  pingInterval?: number;
  /** After a ping, for any byte to come. @default 10000 */
  pingTimeout?: number;
}

export interface ServerEvents {
  listening: [];
  close: [];
  error: [error: Error];
  connection: [connection: Connection, request: IncomingMessage];
  /** A handler threw; its connection was closed with 1011. */
  handlerError: [error: unknown, connection: Connection];
  /** A peer broke the protocol or a limit; its connection was closed. */
  violation: [error: ProtocolError, connection: Connection];
  /** A request was refused before the upgrade. */
  refused: [refusal: Refusal, request: IncomingMessage];
}

const MiB = 1024 * 1024;
/** Fields of a request's head in bytes, all together. */
const MAX_HEADER_BYTES = 16 * 1024;

/**
 * One port for HTTP and WebSocket. Node's HTTP server reads the request; an upgrade is judged here,
 * before the handshake, so that a refusal is an ordinary HTTP answer.
 */
export class Server extends EventEmitter<ServerEvents> implements ConnectionOwner {
  /** The HTTP server that listens. */
  readonly socket: http.Server;
  /** The open connections, in no particular order. */
  readonly connections: Connection[] = [];
  /** @internal The name that `nodejs-websocket` reads in its handshake. */
  readonly _selectProtocol: SelectProtocol | null;

  readonly #routes: ReadonlyMap<string, ConnectionHandler> | undefined;
  readonly #allowedOrigins: readonly string[];
  readonly #clientAddress: (request: IncomingMessage) => Peer;
  readonly #settings: ConnectionSettings;
  /** Where each connection stands in `connections`, so that leaving costs the same however many there are. */
  readonly #places = new Map<Connection, number>();
  readonly #groups = new Map<string, Group>();
  /** Sockets that were upgraded, open or closing. */
  readonly #upgraded = new Set<Duplex>();

  constructor(options: ServerOptions = {}) {
    super();
    const handshakeTimeout = options.handshakeTimeout ?? 10_000;
    this.#routes = options.routes && new Map(Object.entries(options.routes));
    this.#allowedOrigins = (options.allowedOrigins ?? ['*']).map((origin) => origin.toLowerCase());
    this.#clientAddress = options.clientAddress ?? directPeer;
    this._selectProtocol = options.selectProtocol ?? firstOf(options.validProtocols);
    this.#settings = {
      masked: true,
      maxMessageBytes: options.maxMessageBytes ?? MiB,
      maxFragments: options.maxFragments ?? 65_536,
      messagesPerSecond: options.messagesPerSecond ?? 100,
      bytesPerSecond: options.bytesPerSecond ?? MiB,
      rateGrace: options.rateGrace ?? 30_000,
      maxBufferedBytes: options.maxBufferedBytes ?? MiB,
      closeTimeout: options.closeTimeout ?? 3_000,
      binaryFragmentation: MiB / 2,
      heartbeat: new Heartbeat(options.pingInterval ?? 25_000, options.pingTimeout ?? 10_000),
      onHandlerError: (error, connection) => this.#handlerFailed(error, connection),
      onViolation: (error, connection) => this.emit('violation', error, connection),
      onClosed: (connection) => this.#forget(connection),
    };
    this.socket = http.createServer(
      {
        headersTimeout: handshakeTimeout,
        requestTimeout: Math.max(handshakeTimeout, 30_000),
        // Node looks for late requests only this often, by default each 30 s.
        connectionsCheckingInterval: Math.min(1_000, handshakeTimeout),
        maxHeaderSize: MAX_HEADER_BYTES,
      },
      options.request ?? upgradeRequired,
    );
    this.socket.on('upgrade', (request, socket, head) => this.handleUpgrade(request, socket, head));
    this.socket.on('clientError', onClientError);
    this.socket.on('listening', () => this.emit('listening'));
    this.socket.on('close', () => this.emit('close'));
    this.socket.on('error', (error) => this.emit('error', error));
  }

  /** Listens as `net.Server` does; `listening` is called when it does. */
  listen(port?: number, host?: string, listening?: () => void): this;
  listen(port?: number, listening?: () => void): this;
  listen(options: ListenOptions, listening?: () => void): this;
  listen(where: number | ListenOptions = 0, host?: string | (() => void), listening?: () => void): this {
    const options = typeof where === 'number' ? { port: where } : where;
    const callback = typeof host === 'function' ? host : listening;
    if (callback) this.once('listening', callback);
    this.socket.listen(typeof host === 'string' ? { ...options, host } : options);
    return this;
  }

  /** Stops listening; open connections stay, and `close` is emitted when the last has ended. */
  close(closed?: () => void): void {
    if (closed) this.once('close', closed);
    this.socket.close();
  }

  /**
   * Sends a text to every open connection that `filter` lets through, encoded once.
   * @returns how many it was sent to
   */
  broadcast(text: string, filter?: ConnectionFilter): number {
    return sendToAll(this.connections, text, filter);
  }

  /** The group of this name; it is made when it is first asked for. */
  group(name: string): Group {
    let group = this.#groups.get(name);
    if (!group) {
      group = new Group();
      this.#groups.set(name, group);
    }
    return group;
  }

  /**
   * Stops listening, closes every connection with 1012 and waits until all have ended.
   * @param timeout milliseconds after which what is left is cut off
   */
  async shutdown(timeout: number): Promise<void> {
    const ended = [...this.#upgraded].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    const closed = new Promise<void>((resolve) => {
      this.once('close', resolve);
    });
    const { code, reason } = closeCodes.SERVICE_RESTART;
    this.socket.close();
    for (const connection of [...this.connections]) connection.close(code, reason);
    const cut = setTimeout(() => this.terminate(), timeout);
    await Promise.all([closed, ...ended]);
    clearTimeout(cut);
  }

  /** Ends every connection at once, HTTP ones too. */
  terminate(): void {
    for (const socket of this.#upgraded) socket.destroy();
    this.socket.closeAllConnections();
  }

  /** Judges a request to upgrade, and lets it in or refuses it; for a request that came in at another server too. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
      this.#serveWithoutUpgrade(request, socket as Socket);
      return;
    }
    const path = pathOf(request.url);
    const refusal = this.#refusal(request, path);
    if (refusal) this.#refuse(refusal, request, socket);
    else this.#letIn(request, socket, head, path as string);
  }

  #refusal(request: IncomingMessage, path: string | undefined): Refusal | undefined {
    const problem = handshakeProblem(request);
    if (problem) return problem;
    if (path === undefined) return { status: 400, reason: 'the request target has no path' };
    if (this.#routes && !this.#routes.has(path)) return { status: 404, reason: `there is nothing at ${path}` };
    if (!originAllowed(request, this.#allowedOrigins)) {
      return { status: 403, reason: `the origin ${request.headers.origin} is not allowed` };
    }
    return undefined;
  }

  #refuse(refusal: Refusal, request: IncomingMessage, socket: Duplex): void {
    socket.on('error', ignore);
    refuse(socket, refusal);
    this.emit('refused', refusal, request);
  }

  #letIn(request: IncomingMessage, socket: Duplex, head: Buffer, path: string): void {
    const connection = new Connection(socket, this, this.#settings);
    const peer = this.#clientAddress(request);
    connection.remoteAddress = peer.address;
    connection.remotePort = peer.port;
    if (!connection.accept(request)) {
      this.#refuse({ status: 400, reason: 'the opening handshake is not valid' }, request, socket);
      return;
    }
    this.#upgraded.add(socket);
    socket.once('close', () => this.#upgraded.delete(socket));
    this.#places.set(connection, this.connections.push(connection) - 1);
    if (head.length > 0) socket.unshift(head);
    connection.open();
    try {
      this.emit('connection', connection, request);
      this.#routes?.get(path)?.(connection, request);
    } catch (error) {
      connection.handlerFailed(error);
    }
  }

  /** An upgrade to something else may be ignored (RFC 9110 section 7.8): the request is served as it stands. */
  #serveWithoutUpgrade(request: IncomingMessage, socket: Socket): void {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.on('finish', () => {
      response.detachSocket(socket);
      socket.end();
    });
    this.socket.emit('request', request, response);
  }

  /** The last connection takes the place of the one that leaves. */
  #forget(connection: Connection): void {
    const place = this.#places.get(connection);
    if (place === undefined) return;
    this.#places.delete(connection);
    const last = this.connections.pop() as Connection;
    if (last === connection) return;
    this.connections[place] = last;
    this.#places.set(last, place);
  }

  #handlerFailed(error: unknown, connection: Connection): void {
    if (!this.emit('handlerError', error, connection)) process.emitWarning(error as Error);
  }
}

/**
 * Makes a server; nothing listens yet.
 * @param handler called with each connection that is let in
 */
export function createServer(handler?: ConnectionHandler): Server;
export function createServer(options: ServerOptions, handler?: ConnectionHandler): Server;
export function createServer(options?: ServerOptions | ConnectionHandler, handler?: ConnectionHandler): Server {
  const server = new Server(typeof options === 'function' ? {} : options);
  const listener = typeof options === 'function' ? options : handler;
  if (listener) server.on('connection', listener);
  return server;
}

function firstOf(valid: readonly string[] | undefined): SelectProtocol | null {
  return valid ? (_connection, protocols) => protocols.find((protocol) => valid.includes(protocol)) : null;
}

const upgradeRequired: RequestListener = (_request, response) => {
  const headers = { Connection: 'close, Upgrade', Upgrade: 'websocket', 'Content-Type': 'text/plain; charset=utf-8' };
  response.writeHead(426, headers).end('This is a WebSocket server: connect with ws:// or wss://\n');
};

/** What Node's parser refuses; its socket has no response object. */
function onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.on('error', ignore);
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') refuse(socket, { status: 408, reason: 'the request came too slowly' });
  else if (error.code === 'HPE_HEADER_OVERFLOW') {
    refuse(socket, { status: 431, reason: `the header has more than ${MAX_HEADER_BYTES} bytes` });
  } else refuse(socket, { status: 400, reason: 'the request is not HTTP/1.1' });
}

function ignore(): void {
  // A socket that is being ended may fail meanwhile; nobody is left to tell.
}
