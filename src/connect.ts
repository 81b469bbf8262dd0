import net, { type TcpNetConnectOpts } from 'node:net';
import tls, { type ConnectionOptions } from 'node:tls';
import { defaults } from './defaults.ts';
import { TextEventError } from './errors.ts';
import { BufferBudget } from './wire/buffer-budget.ts';
import { startClientHandshake } from './wire/client-handshake.ts';
import { Connection } from './wire/connection.ts';

/** Options of `connect`; those of `tls.connect` and `net.connect` pass through. */
export interface ConnectOptions extends ConnectionOptions, Omit<TcpNetConnectOpts, keyof ConnectionOptions> {
  /** Header fields to send beside those of the handshake. */
  extraHeaders?: Record<string, string>;
  /** Subprotocols to offer; the server must choose one of them. */
  protocols?: string[];
  /** Until the connection is open, in milliseconds. @default 10000 */
  handshakeTimeout?: number;
  /** One whole message, in bytes. @default 1 MiB */
  maxMessageBytes?: number;
}

type ConnectListener = (this: Connection) => void;

/**
 * Connects to a WebSocket server.
 * @param url `ws://` or `wss://`
 * @param connected added as a listener of `connect`
 * @returns a connection that is CONNECTING; failures are its `error` and `close` events
 * @throws TextEventError ERR_HANDSHAKE for anything that is not such a URL
 */
export function connect(url: string, connected?: ConnectListener): Connection;
export function connect(url: string, options?: ConnectOptions | null, connected?: ConnectListener): Connection;
export function connect(
  url: string,
  options?: ConnectOptions | ConnectListener | null,
  connected?: ConnectListener,
): Connection {
  if (typeof options === 'function') return connect(url, {}, options);
  const { extraHeaders, protocols, handshakeTimeout = 10_000, maxMessageBytes, ...socketOptions } = options ?? {};
  const { hostname, host, port, protocol, pathname, search } = parse(url);
  const secure = protocol === 'wss:';
  const address = hostname.replace(/^\[|\]$/g, '');
  const target = { ...socketOptions, host: address, port: Number(port) || (secure ? 443 : 80) };
  const socket = secure
    ? tls.connect({ ...(net.isIP(address) ? {} : { servername: address }), ...target })
    : net.connect(target);
  const connection = new Connection(socket, null, {
    masked: false,
    get maxMessageBytes() {
      return maxMessageBytes ?? defaults.maxMessageBytes;
    },
    maxFragments: Number.POSITIVE_INFINITY,
    messagesPerSecond: Number.POSITIVE_INFINITY,
    bytesPerSecond: Number.POSITIVE_INFINITY,
    rateGrace: Number.POSITIVE_INFINITY,
    maxBufferedBytes: Number.POSITIVE_INFINITY,
    budget: new BufferBudget(Number.POSITIVE_INFINITY),
    closeTimeout: 3_000,
    get binaryFragmentation() {
      return defaults.binaryFragmentation;
    },
    onHandlerError: (error) => process.emitWarning(error instanceof Error ? error : String(error)),
  });
  connection.path = pathname + search;
  connection.host = host;
  connection.extraHeaders = extraHeaders ?? null;
  connection.protocols = protocols ?? [];
  if (connected) connection.once('connect', connected);
  startClientHandshake(connection, secure ? 'secureConnect' : 'connect', handshakeTimeout);
  return connection;
}

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'ws:' || url?.protocol === 'wss:') return url;
  throw new TextEventError('ERR_HANDSHAKE', `connect: got ${JSON.stringify(text)}, expected a ws:// or wss:// URL`);
}
