import {
  duration,
  type Kind,
  keysUrl,
  octalMode,
  oneOf,
  onOff,
  orAuto,
  origins,
  orOff,
  proxies,
  redisUrl,
  size,
  text,
  whole,
} from './config-kinds.ts';

/** Names that ROOT_HANDLER takes. */
export const HANDLER_NAMES = ['greet', 'echo', 'clock', 'broadcast', 'ws', 'chat'] as const;

interface Variable<T> extends Kind<T> {
  name: string;
  meaning: string;
  default: string;
  /** Its value is never shown. */
  secret?: boolean;
}

function variable<T>(name: string, kind: Kind<T>, fallback: string, meaning: string): Variable<T> {
  return { name, ...kind, default: fallback, meaning };
}

/** Every variable: name, kind, default, meaning. An empty default means that it is not set. */
const variables = {
  host: variable(
    'HOST',
    text('an address of this machine'),
    '',
    'address to listen on; all interfaces where it is not set',
  ),
  port: variable('PORT', whole(0, 65535), '8088', 'port for HTTP and WebSocket; 0 picks a free one'),
  socketPath: variable('SOCKET_PATH', text('a path'), '', 'Unix socket to listen on beside the port'),
  socketMode: variable('SOCKET_MODE', octalMode, '0660', 'permissions of the Unix socket'),
  rootHandler: variable('ROOT_HANDLER', oneOf(HANDLER_NAMES), 'greet', 'which handler sits at /'),
  dataDir: variable('DATA_DIR', text('a folder'), './data', 'folder for what must outlive the process'),
  nodeEnv: variable(
    'NODE_ENV',
    oneOf(['development', 'production', 'test']),
    'development',
    'production logs JSON, and message texts only at level debug',
  ),
  logLevel: variable(
    'LOG_LEVEL',
    oneOf(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']),
    'info',
    'what is logged',
  ),
  metrics: variable(
    'METRICS',
    oneOf(['local', 'open', 'off']),
    'local',
    'who may read /metrics: programs of this machine, everybody, or nobody',
  ),
  allowedOrigins: variable(
    'ALLOWED_ORIGINS',
    orAuto(origins),
    'auto',
    'whose pages may connect; programs send no origin and may; auto is same-origin in production, else *',
  ),
  authSecretFile: variable(
    'AUTH_SECRET_FILE',
    text('a file'),
    '',
    'secret of tokens, for HS256; text-event-server secret <file> makes one',
  ),
  authJwksUrl: variable(
    'AUTH_JWKS_URL',
    keysUrl,
    '',
    'where the public keys of tokens are, for RS256, ES256 and EdDSA',
  ),
  authIssuer: variable('AUTH_ISSUER', text('a text'), '', 'what iss of a token must be; anything where it is not set'),
  authAudience: variable('AUTH_AUDIENCE', text('a text'), '', 'what aud of a token must be or hold'),
  anonymousAccess: variable(
    'ANONYMOUS_ACCESS',
    text('all, off, auto, or paths and rooms such as /chat /rooms/lobby=read, separated by spaces'),
    'auto',
    'what is open without a token; auto is everything where no tokens are set up, else all paths but /rooms',
  ),
  trustProxy: variable('TRUST_PROXY', orOff(proxies, []), 'off', 'proxies whose word about the client is believed'),
  maxMessageBytes: variable(
    'MAX_MESSAGE_BYTES',
    orOff(size('1B', '1GiB'), Infinity),
    '1MiB',
    'a whole message; over it 1009',
  ),
  maxFragments: variable(
    'MAX_FRAMES_PER_MESSAGE',
    orOff(whole(1, 100_000_000), Infinity),
    '65536',
    'frames of one message; over it 1009',
  ),
  maxHeaderBytes: variable('MAX_HEADER_BYTES', size('1KiB', '1MiB'), '16KiB', "a request's header fields; over it 431"),
  maxConnections: variable(
    'MAX_CONNECTIONS',
    orOff(whole(1, 10_000_000), Infinity),
    '50000',
    'open connections in total; over it 503',
  ),
  maxConnectionsPerIp: variable(
    'MAX_CONNECTIONS_PER_IP',
    orOff(whole(1, 10_000_000), Infinity),
    '256',
    'open connections of one address; over it 429',
  ),
  maxConnectionsPerUser: variable(
    'MAX_CONNECTIONS_PER_USER',
    orOff(whole(1, 10_000_000), Infinity),
    '64',
    'open connections with tokens of one sub; over it 429',
  ),
  maxHttpConnections: variable(
    'MAX_HTTP_CONNECTIONS',
    orOff(whole(1, 10_000_000), Infinity),
    '10000',
    'connections that are no WebSocket, those before the handshake too, in total; over it 503',
  ),
  maxHttpConnectionsPerIp: variable(
    'MAX_HTTP_CONNECTIONS_PER_IP',
    orAuto(orOff(whole(1, 10_000_000), Infinity)),
    'auto',
    'those of one address; over it 429; auto is 256, or MAX_CONNECTIONS_PER_IP where that is more',
  ),
  messagesPerSecond: variable(
    'MESSAGES_PER_SECOND',
    orOff(whole(1, 10_000_000), Infinity),
    '100',
    "of one connection, five seconds' worth at once; over it reading pauses",
  ),
  bytesPerSecond: variable(
    'BYTES_PER_SECOND',
    orOff(size('1KiB', '1GiB'), Infinity),
    '1MiB',
    "of one connection, five seconds' worth at once; over it reading pauses",
  ),
  rateGrace: variable(
    'RATE_GRACE',
    orOff(duration('100ms', '24h'), Infinity),
    '30s',
    'how long a connection may stay over its rate; then 1008',
  ),
  maxBufferedBytes: variable(
    'MAX_BUFFERED_BYTES',
    orOff(size('1KiB', '1GiB'), Infinity),
    '1MiB',
    'what may wait for a slow reader; over it 1013',
  ),
  maxTotalBufferedBytes: variable(
    'MAX_TOTAL_BUFFERED_BYTES',
    orOff(size('1MiB', '64GiB'), Infinity),
    '256MiB',
    'what is buffered for all connections together; over it 1013',
  ),
  handshakeTimeout: variable('HANDSHAKE_TIMEOUT', duration('100ms', '10m'), '10s', 'until a request has come whole'),
  closeTimeout: variable('CLOSE_TIMEOUT', duration('100ms', '10m'), '3s', 'until a closing handshake is cut short'),
  compression: variable('COMPRESSION', onOff, 'off', 'permessage-deflate for clients that offer it'),
  pingInterval: variable(
    'PING_INTERVAL',
    orOff(duration('100ms', '1h'), 0),
    '25s',
    'between two pings of a connection',
  ),
  pingTimeout: variable('PING_TIMEOUT', duration('100ms', '1h'), '10s', 'after a ping, for any byte to come'),
  historyMaxEvents: variable(
    'HISTORY_MAX_EVENTS',
    orOff(whole(1, 1_000_000_000), Infinity),
    '10000',
    'events kept of one room; beyond it the oldest go',
  ),
  historyMaxBytes: variable(
    'HISTORY_MAX_BYTES',
    orOff(size('1KiB', '1024GiB'), Infinity),
    '64MiB',
    'texts and names kept of one room; beyond it the oldest events go',
  ),
  historyMaxAge: variable(
    'HISTORY_MAX_AGE',
    orOff(duration('1s', '3650d'), Infinity),
    '7d',
    'how long an event is kept',
  ),
  maxRooms: variable(
    'MAX_ROOMS',
    orOff(whole(1, 10_000_000), Infinity),
    '100000',
    'rooms that are kept; beyond it the one that has been empty the longest goes',
  ),
  durability: variable(
    'DURABILITY',
    oneOf(['commit', 'flush']),
    'commit',
    'flush acknowledges a line when it is on the disk, commit when the end of the process cannot take it',
  ),
  redisUrl: {
    ...variable(
      'REDIS_URL',
      redisUrl,
      '',
      'Redis that keeps the rooms, for any number of machines; without it DATA_DIR does',
    ),
    secret: true,
  },
  drainTime: variable('DRAIN_TIME', duration('100ms', '1h'), '10s', 'from the signal to stop until the exit'),
  reconnectsPerSecond: variable(
    'RECONNECTS_PER_SECOND',
    whole(1, 100_000),
    '500',
    'how many clients a stop tells to come back in the same second',
  ),
};

type Variables = typeof variables;

/** The program's settings: durations in milliseconds, sizes in bytes. */
export type Config = { readonly [K in keyof Variables]: Variables[K] extends Variable<infer T> ? T : never };

/** Either a configuration or, one line each, what is wrong with what was given. */
export type LoadedConfig = { config: Config; problems?: never } | { config?: never; problems: string[] };

/** Reads a configuration from texts by variable name; what is empty or missing takes its default. */
export function loadConfig(values: Readonly<Record<string, string | undefined>>): LoadedConfig {
  const problems: string[] = [];
  const config: Record<string, unknown> = {};
  for (const [key, { name, schema, expected, default: fallback, secret }] of Object.entries<Variable<unknown>>(
    variables,
  )) {
    const value = values[name]?.trim() || fallback;
    const result = schema.safeParse(value);
    if (result.success) config[key] = result.data;
    else
      problems.push(
        `${name}: got ${secret ? 'something else (not shown)' : JSON.stringify(value)}, expected ${expected}`,
      );
  }
  return problems.length > 0 ? { problems } : { config: Object.freeze(config) as Config };
}

/** The flag of a variable: `PORT` is `--port`. */
export function flagOf(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** Names of all variables. */
export const variableNames: readonly string[] = Object.values(variables).map(({ name }) => name);

/** One paragraph per variable, for `--help`. */
export function describeVariables(): string {
  return Object.values(variables)
    .map(({ name, meaning, expected, default: fallback }) => {
      const standard = fallback === '' ? 'not set' : fallback;
      return `  ${name} (--${flagOf(name)}), default ${standard}\n      ${meaning}; ${expected}`;
    })
    .join('\n');
}
