import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Admission, userAdmission } from './admission.ts';
import { directPeer, type Peer } from './client-address.ts';
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
import type { FoundRoute, Router } from './router.ts';
import {
  DEFAULT_HANDSHAKE_TIMEOUT,
  DEFAULT_MAX_CONNECTIONS,
  DEFAULT_MAX_CONNECTIONS_PER_IP,
  DEFAULT_MAX_CONNECTIONS_PER_USER,
  type ServerOptions,
} from './server-options.ts';

type Authorize = NonNullable<ServerOptions['authorize']>;

/** Whose connection it is, for those who count. */
export interface Owner {
  readonly address: string | undefined;
  readonly user: string | undefined;
}

/** A request to upgrade that is let in, and counted until it is told to leave. */
export interface Entrant {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  route: FoundRoute | undefined;
  peer: Peer;
  owner: Owner;
  callback: ConnectionHandler | undefined;
}

/** What the upgrader asks its server, and what it tells it. */
export interface UpgradeHost {
  /** Everybody is refused. */
  refuses(): boolean;
  /** Who was authorised too late for the server is refused. */
  refusesAuthorised(): boolean;
  onEntrant(entrant: Entrant): void;
  onRefused(refusal: Refusal, request: IncomingMessage, peer: Peer): void;
  /** A request that asks for no WebSocket is answered as if it had not asked to upgrade. */
  onPlainRequest(request: IncomingMessage, response: ServerResponse): void;
  /** `authorize`, or `refuse` of a route, threw. */
  onAuthorizeError(error: unknown, request: IncomingMessage): void;
  /** `clientAddress` threw. */
  onAddressError(error: unknown): void;
}

/** What a request is told that comes, or is authorised, after `close`. */
const CLOSING: Refusal = { status: 503, reason: 'the server is closing', headers: { 'Retry-After': '5' } };

/** Judges requests to upgrade before the handshake, so that a refusal is an ordinary HTTP answer. */
export class Upgrader {
  readonly #options: ServerOptions;
  readonly #router: Router | undefined;
  readonly #host: UpgradeHost;
  readonly #allowedOrigins: readonly string[];
  readonly #admission: Admission;
  readonly #users: Admission;

  /** @param router undefined where every path is let in */
  constructor(options: ServerOptions, router: Router | undefined, host: UpgradeHost) {
    this.#options = options;
    this.#router = router;
    this.#host = host;
    this.#allowedOrigins = (options.allowedOrigins ?? ['*']).map((origin) => origin.toLowerCase());
    this.#admission = new Admission(
      options.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
      options.maxConnectionsPerIp ?? DEFAULT_MAX_CONNECTIONS_PER_IP,
      'connections',
    );
    this.#users = userAdmission(options.maxConnectionsPerUser ?? DEFAULT_MAX_CONNECTIONS_PER_USER, 'connections');
  }

  /** Lets a request in or refuses it; with `authorize` later. */
  judge(request: IncomingMessage, socket: Duplex, head: Buffer, callback?: ConnectionHandler): void {
    // Node has taken its own listener off.
    socket.on('error', ignoreErrors);
    if (!socket.writable || isAnswering(socket)) {
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
    const owner = { address: peer.address, user: undefined };
    const entrant = { request, socket, head, route, peer, owner, callback };
    this.#admission.enter(peer.address);
    if (this.#options.authorize) void this.#authorize(entrant, this.#options.authorize);
    else this.#host.onEntrant(entrant);
  }

  /** An entrant's socket is gone: its place is free. */
  leave({ address, user }: Owner): void {
    this.#admission.leave(address);
    this.#users.leave(user);
  }

  #peerOf(request: IncomingMessage): Peer {
    try {
      return (this.#options.clientAddress ?? directPeer)(request);
    } catch (error) {
      this.#host.onAddressError(error);
      return directPeer(request);
    }
  }

  #refusal(request: IncomingMessage, path: string, route: FoundRoute | undefined): Refusal | undefined {
    if (this.#host.refuses()) return CLOSING;
    const problem = handshakeProblem(request);
    if (problem) return problem;
    if (path === '') return { status: 400, reason: 'the request target has no path' };
    if (this.#router && !route) return { status: 404, reason: `there is nothing at ${path}` };
    if (!originAllowed(request, this.#allowedOrigins)) {
      return { status: 403, reason: `the origin ${request.headers.origin} is not allowed` };
    }
    return route?.refuse && this.#routeRefusal(route.refuse, request);
  }

  #routeRefusal(refuse: NonNullable<FoundRoute['refuse']>, request: IncomingMessage): Refusal | undefined {
    try {
      const refusal = refuse(request);
      // An asynchronous one has no say; what it rejects with must not end the process.
      if (refusal instanceof Promise) refusal.catch(ignoreErrors);
      return refusal === undefined ? undefined : checkedRefusal(refusal);
    } catch (error) {
      this.#host.onAuthorizeError(error, request);
      return { status: 500, reason: 'the request could not be judged' };
    }
  }

  #refuse(refusal: Refusal, request: IncomingMessage, socket: Duplex, peer: Peer): void {
    refuse(socket, refusal);
    this.#host.onRefused(refusal, request, peer);
  }

  async #authorize(entrant: Entrant, authorize: Authorize): Promise<void> {
    const { request, socket, peer, owner } = entrant;
    const { verdict, user } = await this.#verdict(request, authorize);
    const refusal = verdict ?? (this.#host.refusesAuthorised() ? CLOSING : this.#users.refusal(user));
    if (!refusal && !socket.destroyed) {
      this.#users.enter(user);
      this.#host.onEntrant({ ...entrant, owner: { ...owner, user } });
      return;
    }
    this.#admission.leave(peer.address);
    if (refusal) this.#refuse(refusal, request, socket, peer);
  }

  /** @returns why it is not let in, else whose it is, where that is known */
  async #verdict(
    request: IncomingMessage,
    authorize: Authorize,
  ): Promise<{ verdict?: Refusal; user?: string | undefined }> {
    const timeout = this.#options.handshakeTimeout ?? DEFAULT_HANDSHAKE_TIMEOUT;
    let late: NodeJS.Timeout | undefined;
    const tooLate = new Promise<Refusal>((resolve) => {
      late = setTimeout(resolve, timeout, { status: 503, reason: `not authorised within ${timeout} ms` });
    });
    try {
      const verdict = await Promise.race([authorize(request), tooLate]);
      if (typeof verdict === 'object') return { verdict: checkedRefusal(verdict) };
      return verdict
        ? { user: this.#options.userOf?.(request) }
        : { verdict: { status: 401, reason: 'not authorised' } };
    } catch (error) {
      this.#host.onAuthorizeError(error, request);
      return { verdict: { status: 500, reason: 'the authorisation failed' } };
    } finally {
      clearTimeout(late);
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
      cutLater(socket);
    });
    this.#host.onPlainRequest(request, response);
  }
}
