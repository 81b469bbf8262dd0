import { EventEmitter } from 'node:events';
import { type Server as HttpServer, type IncomingMessage, ServerResponse } from 'node:http';
import type { ListenOptions, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Admission } from './admission.ts';
import { directPeer, type Peer } from './client-address.ts';
import { closeCodes } from './close-codes.ts';
import { ConnectionList } from './connection-list.ts';
import type { ProtocolError } from './errors.ts';
import type { ConnectionHandler } from './handlers/handler.ts';
import {
  checkedRefusal,
  cutLater,
  handshakeProblem,
  ignoreErrors,
  isAnswering,
  originAllowed,
  pathOf,
  type Refusal,
  refuse,
} from './handshake.ts';
import { createHttpServer } from './http-server.ts';
import { type Route, Router } from './router.ts';
import {
  checkLimits,
  connectionSettings,
  DEFAULT_HANDSHAKE_TIMEOUT,
  DEFAULT_MAX_CONNECTIONS,
  DEFAULT_MAX_CONNECTIONS_PER_IP,
  type SelectProtocol,
  type ServerOptions,
} from './server-options.ts';
import { Connection, type ConnectionOwner, type ConnectionSettings } from './wire/connection.ts';
import { type ConnectionFilter, Group, sendToAll } from './wire/group.ts';

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
  refused: [refusal: Refusal, request: IncomingMessage, peer: Peer];
  /** `authorize`, or `refuse` of a route, threw; the request was answered 500. */
  authorizeError: [error: unknown, request: IncomingMessage];
}

/** What a request is told that comes, or is authorised, after `close`. */
const CLOSING: Refusal = { status: 503, reason: 'the server is closing', headers: { 'Retry-After': '5' } };

/** A request to upgrade on its way in. */
interface Entrant {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  route: Route | undefined;
  peer: Peer;
  callback: ConnectionHandler | undefined;
}

/**
 * One port for HTTP and WebSocket. Node's HTTP server reads the request; an upgrade is judged here,
 * before the handshake, so that a refusal is an ordinary HTTP answer.
 */
export class Server extends EventEmitter<ServerEvents> implements ConnectionOwner {
  /** The HTTP server that listens. */
  readonly socket: HttpServer;
  /** @internal The name that it has in `nodejs-websocket`. */
  readonly _selectProtocol: SelectProtocol;

  readonly #options: ServerOptions;
  /** Undefined where every path is let in. */
  readonly #router: Router | undefined;
  readonly #allowedOrigins: readonly string[];
  readonly #admission: Admission;
  readonly #settings: ConnectionSettings;
  readonly #list = new ConnectionList();
  readonly #groups = new Map<string, Group>();
  /** Connections whose sockets are not gone yet, open or closing. */
  readonly #upgraded = new Map<Connection, Peer>();
  #closing = false;
  /** Nobody is let in: the server that listens is not ours, and goes on. */
  #refusing = false;
  /** Who is let in is sent away again, and told that it may come back. */
  #draining = false;
  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    this.handleUpgrade(request, socket, head);

  constructor(options: ServerOptions = {}) {
    // What an asynchronous handler rejects with comes to the method below instead of ending the process.
    super({ captureRejections: true });
    checkLimits(options);
    this.#options = options;
    this.#router = routerOf(options);
    this.#allowedOrigins = (options.allowedOrigins ?? ['*']).map((origin) => origin.toLowerCase());
    this.#admission = new Admission(
      options.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
      options.maxConnectionsPerIp ?? DEFAULT_MAX_CONNECTIONS_PER_IP,
    );
    this._selectProtocol = protocolSelector(options, this.#router);
    this.#settings = connectionSettings(options, {
      onHandlerError: (error, connection) => this.#report('handlerError', error, connection),
      onViolation: (error, connection) => this.emit('violation', error, connection),
      onClosed: (connection) => this.#list.delete(connection),
      onGone: (connection) => this.#leave(connection),
    });
    this.socket = options.server ?? createHttpServer(options);
    if (!options.noServer) this.socket.on('upgrade', this.#onUpgrade);
    this.socket.on('listening', () => this.emit('listening'));
    // What happens to a server that is not ours is for its owner.
    if (options.server) return;
    this.socket.on('close', () => this.emit('close'));
    this.socket.on('error', (error) => {
      // Once it listens, such as when no file descriptor is left for one more socket, an error is no reason to end.
      if (!this.socket.listening || this.listenerCount('error') > 0) this.emit('error', error);
      else this.#report('error', error);
    });
  }

  /** The open connections, in no particular order. */
  get connections(): readonly Connection[] {
    return this.#list.all;
  }

  /** The TCP port that it listens on; undefined before it does, and on a Unix socket. */
  get port(): number | undefined {
    const address = this.socket.address();
    return typeof address === 'object' ? address?.port : undefined;
  }

  /**
   * Listens as `net.Server` does; `listening` is called when it does.
   * @param port a string, as environment variables are, is a port where it is a number, else the path of a Unix socket
   */
  listen(port?: number | string, host?: string, listening?: () => void): this;
  listen(port?: number | string, listening?: () => void): this;
  listen(options: ListenOptions, listening?: () => void): this;
  listen(where: number | string | ListenOptions = 0, host?: string | (() => void), listening?: () => void): this {
    const options = typeof where === 'object' ? where : placeOf(where);
    if (this.#refusing && !this.#options.noServer) this.socket.on('upgrade', this.#onUpgrade);
    this.#closing = this.#refusing = this.#draining = false;
    const callback = typeof host === 'function' ? host : listening;
    if (callback) this.once('listening', callback);
    const { backlog } = this.#options;
    this.socket.listen({
      ...options,
      ...(typeof host === 'string' ? { host } : {}),
      ...(backlog === undefined ? {} : { backlog }),
    });
    return this;
  }

  /** Takes nobody new; open connections stay. `close` is emitted when the last has ended; a server that was given stays. */
  close(closed?: () => void): void {
    if (closed) this.once('close', closed);
    if (this.#closing) return;
    this.#closing = true;
    if (this.socket.listening && !this.#options.server) {
      // Who is connected already may still finish a handshake.
      this.socket.close();
      return;
    }
    this.socket.off('upgrade', this.#onUpgrade);
    this.#refusing = true;
    void this.#ended().then(() => this.emit('close'));
  }

  /**
   * Takes nobody new, closes every connection with 1012 and waits until all have ended.
   * @param timeout milliseconds after which what is left is cut off
   */
  async shutdown(timeout: number): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.close(resolve);
    });
    this.#draining = true;
    const { code, reason } = closeCodes.SERVICE_RESTART;
    for (const connection of [...this.connections]) connection.close(code, reason);
    const cut = setTimeout(() => this.terminate(), timeout);
    await Promise.all([closed, this.#ended()]);
    clearTimeout(cut);
  }

  /** Ends every connection at once, and where the HTTP server is ours its requests too. */
  terminate(): void {
    for (const connection of this.#upgraded.keys()) connection.terminate();
    if (!this.#options.server) this.socket.closeAllConnections();
  }

  /**
   * Sends a text to every open connection that `filter` lets through, encoded once.
   * @returns how many it was sent to
   */
  broadcast(text: string, filter?: ConnectionFilter): number {
    // A copy: a reader that is too slow is closed on the way, and the last of the list takes its place.
    return sendToAll([...this.connections], text, filter);
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
   * Judges a request to upgrade, and lets it in or refuses it; for requests that came in at another server.
   * @param callback called with the connection in place of the event `connection`
   */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, callback?: ConnectionHandler): void {
    // Node has taken its own listener off.
    socket.on('error', ignoreErrors);
    if (socket.destroyed || isAnswering(socket)) {
      socket.destroy();
      return;
    }
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
      this.#serveWithoutUpgrade(request, socket as Socket);
      return;
    }
    const path = pathOf(request.url) ?? '';
    const peer = this.#peerOf(request);
    const route = this.#router?.find(path);
    const refusal = this.#refusal(request, path, route) ?? this.#admission.refusal(peer.address);
    if (refusal) {
      this.#refuse(refusal, request, socket, peer);
      return;
    }
    const entrant = { request, socket, head, route, peer, callback };
    this.#admission.enter(peer.address);
    if (this.#options.authorize) void this.#authorize(entrant, this.#options.authorize);
    else this.#letIn(entrant);
  }

  #peerOf(request: IncomingMessage): Peer {
    try {
      return (this.#options.clientAddress ?? directPeer)(request);
    } catch (error) {
      this.#report('clientAddress', error);
      return directPeer(request);
    }
  }

  #refusal(request: IncomingMessage, path: string, route: Route | undefined): Refusal | undefined {
    if (this.#refusing) return CLOSING;
    const problem = handshakeProblem(request);
    if (problem) return problem;
    if (path === '') return { status: 400, reason: 'the request target has no path' };
    if (this.#router && !route) return { status: 404, reason: `there is nothing at ${path}` };
    if (!originAllowed(request, this.#allowedOrigins)) {
      return { status: 403, reason: `the origin ${request.headers.origin} is not allowed` };
    }
    return route?.refuse && this.#routeRefusal(route.refuse, request);
  }

  #routeRefusal(refuse: NonNullable<Route['refuse']>, request: IncomingMessage): Refusal | undefined {
    try {
      const refusal = refuse(request);
      // An asynchronous one has no say; what it rejects with must not end the process.
      if (refusal instanceof Promise) refusal.catch(ignoreErrors);
      return refusal === undefined ? undefined : checkedRefusal(refusal);
    } catch (error) {
      this.#report('authorizeError', error, request);
      return { status: 500, reason: 'the request could not be judged' };
    }
  }

  #refuse(refusal: Refusal, request: IncomingMessage, socket: Duplex, peer: Peer): void {
    refuse(socket, refusal);
    this.emit('refused', refusal, request, peer);
  }

  async #authorize(entrant: Entrant, authorize: NonNullable<ServerOptions['authorize']>): Promise<void> {
    const { request, socket, peer } = entrant;
    const refusal =
      (await this.#verdict(request, authorize)) ?? (this.#closing && !this.#draining ? CLOSING : undefined);
    if (!refusal && !socket.destroyed) {
      this.#letIn(entrant);
      return;
    }
    this.#admission.leave(peer.address);
    if (refusal) this.#refuse(refusal, request, socket, peer);
  }

  async #verdict(
    request: IncomingMessage,
    authorize: NonNullable<ServerOptions['authorize']>,
  ): Promise<Refusal | undefined> {
    const timeout = this.#options.handshakeTimeout ?? DEFAULT_HANDSHAKE_TIMEOUT;
    let late: NodeJS.Timeout | undefined;
    const tooLate = new Promise<Refusal>((resolve) => {
      late = setTimeout(resolve, timeout, { status: 503, reason: `not authorised within ${timeout} ms` });
    });
    try {
      const verdict = await Promise.race([authorize(request), tooLate]);
      if (typeof verdict === 'object') return checkedRefusal(verdict);
      return verdict ? undefined : { status: 401, reason: 'not authorised' };
    } catch (error) {
      this.#report('authorizeError', error, request);
      return { status: 500, reason: 'the authorisation failed' };
    } finally {
      clearTimeout(late);
    }
  }

  #letIn({ request, socket, head, route, peer, callback }: Entrant): void {
    const connection = this.#shakeHands(request, socket, peer);
    if (connection === undefined) return;
    this.#list.add(connection);
    if (head.length > 0) socket.unshift(head);
    connection.open();
    if (this.#draining) {
      connection.close(closeCodes.SERVICE_RESTART.code, closeCodes.SERVICE_RESTART.reason);
      return;
    }
    if (callback) run(callback, connection, request);
    else run(this.#emitConnection, connection, request);
    if (route) run(route.handler, connection, request);
  }

  readonly #emitConnection: ConnectionHandler = (connection, request) => {
    this.emit('connection', connection, request);
  };

  /** The opening handshake; undefined where it failed, and the request was refused. */
  #shakeHands(request: IncomingMessage, socket: Duplex, peer: Peer): Connection | undefined {
    const connection = new Connection(socket, this, this.#settings);
    this.#upgraded.set(connection, peer);
    connection.remoteAddress = peer.address;
    connection.remotePort = peer.port;
    try {
      connection.accept(request);
      return connection;
    } catch (error) {
      this.#report('handlerError', error, connection);
      this.#refuse({ status: 500, reason: 'the opening handshake failed' }, request, socket, peer);
    }
    return undefined;
  }

  /** An upgrade to something else may be ignored (RFC 9110 section 7.8): the request is served as it stands. */
  #serveWithoutUpgrade(request: IncomingMessage, socket: Socket): void {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.on('finish', () => {
      response.detachSocket(socket);
      socket.end();
      cutLater(socket);
    });
    this.socket.emit('request', request, response);
  }

  #leave(connection: Connection): void {
    const peer = this.#upgraded.get(connection);
    if (peer && this.#upgraded.delete(connection)) this.#admission.leave(peer.address);
  }

  /** Resolves when the sockets of all connections are gone. */
  async #ended(): Promise<void> {
    await Promise.all(
      [...this.#upgraded.keys()].map(({ socket }) => new Promise((resolve) => socket.once('close', resolve))),
    );
  }

  /** Tells whoever listens; where nobody does, the person who wrote the handler sees where it failed. */
  #report(event: 'handlerError', error: unknown, connection: Connection): void;
  #report(event: 'authorizeError', error: unknown, request: IncomingMessage): void;
  #report(event: 'clientAddress' | 'error', error: unknown): void;
  #report(event: string, error: unknown, about?: unknown): void {
    if (about === undefined || !this.emit(event as 'handlerError', error, about as Connection)) warn(event, error);
  }

  /** A listener that is an asynchronous function rejected. @internal */
  [Symbol.for('nodejs.rejection')](error: unknown, event: string, about: unknown): void {
    if (event === 'connection') (about as Connection).handlerFailed(error);
    else warn(event, error);
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

function placeOf(where: number | string): ListenOptions {
  return Number.isInteger(Number(where)) ? { port: Number(where) } : { path: String(where) };
}

function warn(event: string, error: unknown): void {
  const detail = (error instanceof Error && error.stack) || String(error);
  process.emitWarning(`${event} of a server, and nobody listens for it`, { type: 'TextEventServer', detail });
}

/** What a handler throws, or rejects with, closes its connection and nothing else. */
function run(handler: ConnectionHandler, connection: Connection, request: IncomingMessage): void {
  try {
    const result: unknown = handler(connection, request);
    if (result instanceof Promise) result.catch((error) => connection.handlerFailed(error));
  } catch (error) {
    connection.handlerFailed(error);
  }
}

/** Undefined where every path is let in. */
function routerOf({ routes, path }: ServerOptions): Router | undefined {
  if (routes) return new Router(routes);
  return path === undefined ? undefined : new Router({ [path]: () => {} });
}

/** The subprotocols of the path come before those of the server. */
function protocolSelector(options: ServerOptions, router: Router | undefined): SelectProtocol {
  const selectProtocol = options.selectProtocol ?? firstOf(options.validProtocols ?? []);
  return (connection, offered) => {
    const { protocols = [] } = router?.find(pathOf(connection.path) ?? '') ?? {};
    return firstOf(protocols)(connection, offered) ?? selectProtocol(connection, offered);
  };
}

function firstOf(spoken: readonly string[]): SelectProtocol {
  return (_connection, offered) => offered.find((protocol) => spoken.includes(protocol));
}
