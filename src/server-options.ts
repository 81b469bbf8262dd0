import type { Server as HttpServer, IncomingMessage, RequestListener } from 'node:http';
import type { TlsOptions } from 'node:tls';
import { Admission } from './admission.ts';
import type { ClientAddress } from './client-address.ts';
import { defaults } from './defaults.ts';
import type { Refusal } from './handshake.ts';
import type { Rooms } from './rooms/rooms.ts';
import type { Routes, SelectProtocol } from './router.ts';
import { BufferBudget } from './wire/buffer-budget.ts';
import type { ConnectionSettings } from './wire/connection-settings.ts';
import { type CompressionOptions, DeflateNegotiator } from './wire/deflate.ts';
import { Heartbeat } from './wire/heartbeat.ts';

/** What `authorize` says of a request: true lets it in, false is 401, a refusal is answered as it stands. */
export type Authorization = boolean | Refusal;

/**
 * Options of `createServer`; with `secure` those of `tls.createServer`, too.
 * Times are in milliseconds, sizes in bytes; `Infinity` lifts a limit.
 */
export interface ServerOptions extends TlsOptions {
  /**
   * Handlers, or routes, by path; other paths are answered 404. The last segment may be `:name`, as in `/rooms/:room`: it
   * matches any one segment that is not empty, where no exact path does. Without `routes` every path is let in.
   */
  routes?: Routes;
  /** The one path that is let in; others are answered 404. @default all */
  path?: string;
  /** Answers requests that are not for a WebSocket. @default 426 for every request */
  request?: RequestListener;
  /** An HTTP or HTTPS server whose upgrades are taken; it is listened on and closed by its owner. */
  server?: HttpServer;
  /** Take no upgrades but those that are handed to `handleUpgrade`. @default false */
  noServer?: boolean;
  /** Speak TLS; `key` and `cert` stand beside it. @default false */
  secure?: boolean;
  /** Connections that may wait to be accepted, as `net.Server` counts them. @default 511 */
  backlog?: number;

  /**
   * Rooms that other servers have, too, best the `live` ones of `openRooms`: what `broadcast` and groups by name send without a
   * filter reaches the connections of all of them. @default none: of this server alone
   */
  rooms?: Rooms;
  /** Asked after everything else, and waited for as long as a handshake may take; what it throws is answered 500. */
  authorize?: (request: IncomingMessage) => Authorization | Promise<Authorization>;
  /**
   * Says whose a request is that `authorize` has let in; undefined where nobody knows. Users are counted by what it says, which
   * a refusal repeats. Asked only with `authorize`. @default nobody is counted
   */
  userOf?: (request: IncomingMessage) => string | undefined;
  /**
   * Origins whose pages may connect; `*` lets in all, `same-origin` those whose host is that of the Host header.
   * @default ['*']
   */
  allowedOrigins?: readonly string[];
  /** Says who sent a request; see `clientAddress` for servers behind a proxy. @default the peer of the socket */
  clientAddress?: ClientAddress;
  /** Chooses the subprotocol. @default the first of `validProtocols` that the client offers */
  selectProtocol?: SelectProtocol;
  /** Subprotocols that the server speaks. @default none */
  validProtocols?: readonly string[];

  /** Open connections in total; over it 503. @default 50000 */
  maxConnections?: number;
  /** Open connections of one address; over it 429. @default 256 */
  maxConnectionsPerIp?: number;
  /** Open connections of one user, as `userOf` says who it is; over it 429. @default 64 */
  maxConnectionsPerUser?: number;
  /** TCP connections that are no WebSocket, in total: before the handshake, idle, or answered; over it 503. @default 10000 */
  maxHttpConnections?: number;
  /**
   * Those of one address; over it 429. Addresses that `clientAddress` trusts, as those of proxies, and Unix sockets are not
   * counted by themselves. @default 256, or `maxConnectionsPerIp` where that is more
   */
  maxHttpConnectionsPerIp?: number | undefined;
  /** Fields of a request's head, all together; over it 431. @default 16 KiB */
  maxHeaderBytes?: number;
  /** From the TCP connection to the end of the request's head. @default 10000 */
  handshakeTimeout?: number;
  /** For the closing handshake. @default 3000 */
  closeTimeout?: number;
  /** One whole message, over all its frames; over it 1009. @default 1 MiB */
  maxMessageBytes?: number;
  /** The name of `maxMessageBytes` in `ws`, where 0 lifts the limit. */
  maxPayload?: number;
  /** Frames of one message; over it 1009. @default 65536 */
  maxFragments?: number;
  /** Messages and control frames per second of one connection; five seconds' worth may come at once. @default 100 */
  messagesPerSecond?: number;
  /** Bytes per second of one connection; five seconds' worth may come at once. @default 1 MiB */
  bytesPerSecond?: number;
  /** How long a connection may stay over its rate, slowed down by pauses, before it is closed with 1008. @default 30000 */
  rateGrace?: number;
  /** What may wait for a slow reader; over it 1013. @default 1 MiB */
  maxBufferedBytes?: number;
  /**
   * What is buffered for all connections together: messages that have not come whole, and what waits for slow readers.
   * Who would take it over is closed with 1013. @default 256 MiB
   */
  maxTotalBufferedBytes?: number;
  /** Compress messages for clients that offer it (permessage-deflate); an object says how. @default false */
  compression?: boolean | CompressionOptions;
  /** The name of `compression` in `ws`. */
  perMessageDeflate?: boolean | CompressionOptions;
  /** Between two pings of a connection; 0 for none. @default 25000 */
  pingInterval?: number;
  /** After a ping, for any byte to come. @default 10000 */
  pingTimeout?: number;
}

const MiB = 1024 * 1024;

export const DEFAULT_HANDSHAKE_TIMEOUT = 10_000;
export const DEFAULT_MAX_HEADER_BYTES = 16 * 1024;
export const DEFAULT_MAX_CONNECTIONS = 50_000;
export const DEFAULT_MAX_CONNECTIONS_PER_IP = 256;
export const DEFAULT_MAX_CONNECTIONS_PER_USER = 64;
const DEFAULT_MAX_HTTP_CONNECTIONS = 10_000;

const LIMITS = [
  'maxConnections',
  'maxConnectionsPerIp',
  'maxConnectionsPerUser',
  'maxHttpConnections',
  'maxHttpConnectionsPerIp',
  'maxHeaderBytes',
  'handshakeTimeout',
  'closeTimeout',
  'maxMessageBytes',
  'maxPayload',
  'maxFragments',
  'messagesPerSecond',
  'bytesPerSecond',
  'rateGrace',
  'maxBufferedBytes',
  'maxTotalBufferedBytes',
  'pingInterval',
  'pingTimeout',
] as const satisfies (keyof ServerOptions)[];

/** @throws TypeError for a limit that is no number of 0 or more */
export function checkLimits(options: ServerOptions): void {
  for (const name of LIMITS) {
    const value: unknown = options[name];
    if (value === undefined || (typeof value === 'number' && value >= 0)) continue;
    throw new TypeError(`createServer: ${name}: got ${JSON.stringify(value)}, expected a number of 0 or more`);
  }
}

/** Counts connections that are no WebSockets. */
export function httpAdmission(options: ServerOptions): Admission {
  const { maxConnectionsPerIp = 0, maxHttpConnections = DEFAULT_MAX_HTTP_CONNECTIONS } = options;
  const perAddress = options.maxHttpConnectionsPerIp ?? Math.max(DEFAULT_MAX_CONNECTIONS_PER_IP, maxConnectionsPerIp);
  return new Admission(maxHttpConnections, perAddress, 'HTTP connections');
}

type Callbacks = Required<Pick<ConnectionSettings, 'onHandlerError' | 'onViolation' | 'onClosed' | 'onGone'>>;

/** What the connections of a server are given. A class: V8 looks up a literal with getters by hash, at each message. */
class ServerConnectionSettings implements ConnectionSettings {
  readonly masked = true;
  readonly #maxMessageBytes: number | undefined;
  readonly maxFragments: number;
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
  readonly rateGrace: number;
  readonly maxBufferedBytes: number;
  readonly budget: BufferBudget;
  readonly closeTimeout: number;
  readonly heartbeat: Heartbeat;
  readonly compression: DeflateNegotiator | undefined;
  readonly onHandlerError: Callbacks['onHandlerError'];
  readonly onViolation: Callbacks['onViolation'];
  readonly onClosed: Callbacks['onClosed'];
  readonly onGone: Callbacks['onGone'];

  constructor(options: ServerOptions, callbacks: Callbacks) {
    const maxPayload = options.maxPayload === 0 ? Number.POSITIVE_INFINITY : options.maxPayload;
    this.#maxMessageBytes = options.maxMessageBytes ?? maxPayload;
    this.maxFragments = options.maxFragments ?? 65_536;
    this.messagesPerSecond = options.messagesPerSecond ?? 100;
    this.bytesPerSecond = options.bytesPerSecond ?? MiB;
    this.rateGrace = options.rateGrace ?? 30_000;
    this.maxBufferedBytes = options.maxBufferedBytes ?? MiB;
    this.budget = new BufferBudget(options.maxTotalBufferedBytes ?? 256 * MiB);
    this.closeTimeout = options.closeTimeout ?? 3_000;
    this.heartbeat = new Heartbeat(options.pingInterval ?? 25_000, options.pingTimeout ?? 10_000);
    const compression = options.compression ?? options.perMessageDeflate ?? false;
    this.compression = compression
      ? new DeflateNegotiator(compression === true ? {} : compression, () => this.maxMessageBytes)
      : undefined;
    this.onHandlerError = callbacks.onHandlerError;
    this.onViolation = callbacks.onViolation;
    this.onClosed = callbacks.onClosed;
    this.onGone = callbacks.onGone;
  }

  get maxMessageBytes(): number {
    return this.#maxMessageBytes ?? defaults.maxMessageBytes;
  }

  get binaryFragmentation(): number {
    return defaults.binaryFragmentation;
  }
}

export function connectionSettings(options: ServerOptions, callbacks: Callbacks): ConnectionSettings {
  return new ServerConnectionSettings(options, callbacks);
}
