import { EventEmitter } from 'node:events';
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { ListenOptions } from 'node:net';
import type { Duplex } from 'node:stream';
import { BroadcastRelay } from './broadcast-relay.ts';
import { directPeer, type Peer } from './client-address.ts';
import { ConnectionList } from './connection-list.ts';
import { Draining, type ShutdownOptions } from './draining.ts';
import type { ConnectionHandler } from './handlers/handler.ts';
import { refuse } from './handshake.ts';
import { HttpConnections } from './http-connections.ts';
import { createHttpServer, listenOptions } from './http-server.ts';
import { NamedGroups } from './named-groups.ts';
import type { Rooms } from './rooms/rooms.ts';
import { firstOf, routerOf, type SelectProtocol, selectorOf } from './router.ts';
import { runHandler } from './run-handler.ts';
import type { ServerEvents } from './server-events.ts';
import { checkLimits, connectionSettings, httpAdmission, type ServerOptions } from './server-options.ts';
import { type Entrant, type Owner, Upgrader } from './upgrader.ts';
import { Connection } from './wire/connection.ts';
import type { ConnectionOwner, ConnectionSettings } from './wire/connection-settings.ts';
import { type ConnectionFilter, type Group, sendToAll } from './wire/group.ts';

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
  readonly #upgrader: Upgrader;
  /** Undefined where the HTTP server is not ours. */
  readonly #httpConnections: HttpConnections | undefined;
  readonly #settings: ConnectionSettings;
  readonly #list = new ConnectionList();
  readonly #groups: NamedGroups;
  /** Undefined where there are no other servers. */
  readonly #relay: BroadcastRelay | undefined;
  #closing = false;
  /** Nobody is let in: the server that listens is not ours, and goes on. */
  #refusing = false;
  /** Set while who is let in is sent away again. */
  #draining: Draining | undefined;
  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    this.handleUpgrade(request, socket, head);

  constructor(options: ServerOptions = {}) {
    // What an asynchronous handler rejects with comes to the method below instead of ending the process.
    super({ captureRejections: true });
    checkLimits(options);
    this.#options = options;
    const relay = options.rooms && this.#relayOver(options.rooms);
    this.#relay = relay;
    this.#groups = new NamedGroups(relay && ((text, name) => relay.publish(text, name)));
    const router = routerOf(options);
    this._selectProtocol = selectorOf(router, options.selectProtocol ?? firstOf(options.validProtocols));
    this.#upgrader = new Upgrader(options, router, {
      refuses: () => this.#refusing,
      refusesAuthorised: () => this.#closing && this.#draining === undefined,
      onEntrant: (entrant) => this.#letIn(entrant),
      onRefused: (refusal, request, peer) => this.emit('refused', refusal, request, peer),
      onPlainRequest: (request, response) => this.socket.emit('request', request, response),
      onAuthorizeError: (error, request) => this.#report('authorizeError', error, request),
      onAddressError: (error) => this.#report('clientAddress', error),
    });
    this.#settings = connectionSettings(options, {
      onHandlerError: (error, connection) => this.#report('handlerError', error, connection),
      onViolation: (error, connection) => this.emit('violation', error, connection),
      onClosed: (connection) => this.#list.closed(connection),
      onGone: (connection) => this.#leave(connection),
    });
    this.socket =
      options.server ?? createHttpServer(options, (refusal, peer) => this.emit('refused', refusal, undefined, peer));
    if (!options.noServer) this.socket.on('upgrade', this.#onUpgrade);
    this.socket.on('listening', () => this.emit('listening'));
    // What happens to a server that is not ours is for its owner.
    if (options.server) return;
    this.#httpConnections = new HttpConnections(this.socket, {
      admission: httpAdmission(options),
      secure: Boolean(options.secure),
      shared: (options.clientAddress ?? directPeer).trusts ?? (() => true),
      onRefused: (refusal, peer) => this.emit('refused', refusal, undefined, peer),
    });
    this.socket.on('close', () => this.#closed());
    this.socket.on('error', (error) => {
      // Once it listens, such as when no file descriptor is left for one more socket, an error is no reason to end.
      if (!this.socket.listening || this.listenerCount('error') > 0) this.emit('error', error);
      else this.#report('error', error);
    });
  }

  /** The open connections, in no particular order. */
  get connections(): readonly Connection[] {
    return this.#list.open;
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
    if (this.#refusing && !this.#options.noServer) this.socket.on('upgrade', this.#onUpgrade);
    this.#closing = this.#refusing = false;
    this.#draining = undefined;
    this.#relay?.open();
    const callback = typeof host === 'function' ? host : listening;
    if (callback) this.once('listening', callback);
    this.socket.listen(listenOptions(where, host, this.#options.backlog));
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
    void this.#list.ended().then(() => this.#closed());
  }

  /**
   * Takes nobody new, closes every connection with 1012 and a time of its own to come back, and waits until all have
   * ended. Before its Close frame a connection emits `draining`.
   * @param timeout milliseconds after which what is left is cut off
   * @throws RangeError
   */
  async shutdown(timeout: number, options: ShutdownOptions = {}): Promise<void> {
    this.#draining ??= new Draining(options);
    const closed = new Promise<void>((resolve) => {
      this.close(resolve);
    });
    this.#draining.sendAllAway(this.connections);
    const cut = setTimeout(() => this.terminate(), timeout);
    await Promise.all([closed, this.#list.ended()]);
    clearTimeout(cut);
  }

  /** Ends every connection at once, and where the HTTP server is ours its requests too. */
  terminate(): void {
    this.#list.terminate();
    if (!this.#options.server) this.socket.closeAllConnections();
  }

  /**
   * Sends a text to every open connection that `filter` lets through, encoded once. With the option `rooms`, and without a
   * filter, those of the other servers get it as well, a moment later.
   * @returns how many of this server it was sent to
   */
  broadcast(text: string, filter?: ConnectionFilter): number {
    // A copy: a reader that is too slow is closed on the way, and the last of the list takes its place.
    const sent = sendToAll([...this.connections], text, filter);
    if (filter === undefined) this.#relay?.publish(text);
    return sent;
  }

  /** The group of this name; it is made when it is first asked for, and forgotten when it is empty and nobody holds it. */
  group(name: string): Group {
    return this.#groups.get(name);
  }

  /**
   * Lets a request to upgrade in or refuses it; for requests that came in at another server.
   * @param callback called with the connection in place of the event `connection`
   */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, callback?: ConnectionHandler): void {
    this.#upgrader.judge(request, socket, head, callback);
  }

  #relayOver(rooms: Rooms): BroadcastRelay {
    const relay = new BroadcastRelay(rooms, {
      onText: (text, group) => {
        if (group === undefined) sendToAll([...this.connections], text);
        else this.#groups.deliver(text, group);
      },
      onError: (error) => this.emit('relayError', error) || warn('relayError', error),
    });
    relay.open();
    return relay;
  }

  #closed(): void {
    this.#relay?.close();
    this.emit('close');
  }

  #letIn({ request, socket, head, route, peer, owner, callback }: Entrant): void {
    const connection = this.#shakeHands(request, socket, peer, owner);
    if (connection === undefined) return;
    connection.route = route?.pattern;
    this.#httpConnections?.leave(socket);
    this.#list.opened(connection);
    if (head.length > 0) socket.unshift(head);
    connection.open();
    if (this.#draining) {
      this.#draining.sendAway(connection);
      return;
    }
    if (callback) runHandler(callback, connection, request);
    else runHandler(this.#emitConnection, connection, request);
    if (route) runHandler(route.handler, connection, request);
  }

  readonly #emitConnection: ConnectionHandler = (connection, request) => {
    this.emit('connection', connection, request);
  };

  /** The opening handshake; undefined where it failed, and the request was refused. */
  #shakeHands(request: IncomingMessage, socket: Duplex, peer: Peer, owner: Owner): Connection | undefined {
    const connection = new Connection(socket, this, this.#settings);
    this.#list.enter(connection, owner);
    connection.remoteAddress = peer.address;
    connection.remotePort = peer.port;
    try {
      connection.accept(request);
      return connection;
    } catch (error) {
      this.#report('handlerError', error, connection);
      const refusal = { status: 500, reason: 'the opening handshake failed' };
      refuse(socket, refusal);
      this.emit('refused', refusal, request, peer);
    }
    return undefined;
  }

  #leave(connection: Connection): void {
    const owner = this.#list.leave(connection);
    if (owner) this.#upgrader.leave(owner);
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

function warn(event: string, error: unknown): void {
  const detail = (error instanceof Error && error.stack) || String(error);
  process.emitWarning(`${event} of a server, and nobody listens for it`, { type: 'TextEventServer', detail });
}
