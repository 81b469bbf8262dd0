import { TextEventError } from '../../errors.ts';

/** Where Redis is, as REDIS_URL says it. */
export interface RedisPlace {
  readonly kind: 'single' | 'sentinel' | 'cluster';
  /** The server, the sentinels, or some nodes of the cluster. */
  readonly nodes: readonly RedisNode[];
  /** Unix socket in place of nodes. */
  readonly path?: string;
  /** What the sentinels call the master. */
  readonly master?: string;
  readonly tls: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly database: number;
  /** For people: without user and password. */
  readonly shown: string;
}

interface RedisNode {
  readonly host: string;
  readonly port: number;
}

const FORM = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^@/?#]+)(?:\/([^?#]*))?$/;
const UNIX_FORM = /^unix:\/\/(?:([^@/]*)@)?(\/[^?#]+)$/;
const NODE_FORM = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/;

const REDIS_URL_FORMS =
  'redis://host:6379/0, rediss:// for TLS, unix:///path, redis+sentinel://host:26379,host2:26379/mymaster or ' +
  'redis+cluster://host:6379,host2:6379, each with user:password@ before the host where they are needed';

/**
 * Reads a REDIS_URL.
 * @throws TextEventError ERR_CONFIG, without the address: it holds a password
 */
export function parseRedisUrl(url: string): RedisPlace {
  const place = parseUnix(url) ?? parseNetwork(url);
  if (place === undefined) {
    throw new TextEventError('ERR_CONFIG', `REDIS_URL: got an address of another form, expected ${REDIS_URL_FORMS}`);
  }
  return place;
}

function parseUnix(url: string): RedisPlace | undefined {
  const [, login, path] = UNIX_FORM.exec(url) ?? [];
  const who = parseLogin(login);
  if (path === undefined || who === undefined) return undefined;
  return { kind: 'single', nodes: [], path, tls: false, ...who, database: 0, shown: `unix://${path}` };
}

function parseNetwork(url: string): RedisPlace | undefined {
  const [, scheme, kind = 'single', login, hosts = '', path = ''] = FORM.exec(url) ?? [];
  const nodes = hosts.split(',').map((host) => parseNode(host, kind === 'sentinel' ? 26379 : 6379));
  const known = nodes.filter((node) => node !== undefined);
  const who = parseLogin(login);
  const [master, index] = kind === 'sentinel' ? path.split('/') : [undefined, path];
  const isWhole =
    known.length === nodes.length &&
    (kind !== 'single' || nodes.length === 1) &&
    (kind !== 'sentinel' || master !== '') &&
    /^\d{0,4}$/.test(index ?? '') &&
    (kind !== 'cluster' || Number(index) === 0);
  if (scheme === undefined || who === undefined || !isWhole) return undefined;
  return {
    kind: kind as RedisPlace['kind'],
    nodes: known,
    ...(master !== undefined && { master }),
    tls: scheme === 'rediss',
    ...who,
    database: Number(index ?? 0),
    shown: url.replace(/\/\/[^@/]*@/, '//'),
  };
}

function parseNode(text: string, standard: number): RedisNode | undefined {
  const [, host, digits] = NODE_FORM.exec(text) ?? [];
  const port = digits === undefined ? standard : Number(digits);
  if (host === undefined || port < 1 || port > 65535) return undefined;
  return { host: host.replace(/^\[|\]$/g, ''), port };
}

function parseLogin(login = ''): { username?: string; password?: string } | undefined {
  const at = login.indexOf(':');
  try {
    const username = decodeURIComponent(at < 0 ? login : login.slice(0, at));
    const password = at < 0 ? '' : decodeURIComponent(login.slice(at + 1));
    return { ...(username !== '' && { username }), ...(password !== '' && { password }) };
  } catch {
    return undefined;
  }
}
