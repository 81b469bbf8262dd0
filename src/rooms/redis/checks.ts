import type { RedisDriver } from './driver.ts';

/** When something counts as stored: when Redis says so, or when it is on the disk of the server too. */
export type RedisDurability = 'commit' | 'flush';

export interface RedisFacts {
  /** Whether each write is to be followed by WAITAOF. */
  readonly waits: boolean;
}

const OLDEST = 7;

/**
 * Looks whether a server can do what is asked of it.
 * @throws UnsuitableServer with what it lacks, and what to do
 */
export async function checkServer(driver: RedisDriver, key: string, durability: RedisDurability): Promise<RedisFacts> {
  const info = parseInfo(String(await driver.send(key, ['INFO', 'everything'])));
  const version = info.get('redis_version') ?? '';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < OLDEST) throw new UnsuitableServer(`it is version ${version}, expected ${OLDEST}.0 or later`);
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  if (info.get('maxmemory') !== '0' && policy !== 'noeviction') {
    throw new UnsuitableServer(`its maxmemory-policy is ${policy}, which deletes rooms; expected noeviction`);
  }
  if (durability === 'commit') return { waits: false };
  if (info.get('aof_enabled') !== '1') {
    throw new UnsuitableServer('DURABILITY=flush needs its appendonly yes; or set DURABILITY=commit');
  }
  if (await flushesAlways(driver, key)) return { waits: false };
  if (major > 7 || (major === 7 && minor >= 2)) return { waits: true };
  throw new UnsuitableServer(
    `DURABILITY=flush needs its appendfsync always, or version 7.2 for WAITAOF (it is ${version}); or set DURABILITY=commit`,
  );
}

/** The server can be reached and is of no use as it is. */
export class UnsuitableServer extends Error {}

/** Nothing came back in time. */
export class NoAnswer extends Error {
  constructor(patience: number) {
    super(`it has not answered for ${patience} ms`);
  }
}

/** Where it is not told, WAITAOF does no harm. */
async function flushesAlways(driver: RedisDriver, key: string): Promise<boolean> {
  try {
    return JSON.stringify(await driver.send(key, ['CONFIG', 'GET', 'appendfsync'])).includes('always');
  } catch {
    return false;
  }
}

function parseInfo(text: string): Map<string, string> {
  return new Map(
    text.split('\r\n').flatMap((line) => {
      const at = line.indexOf(':');
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1)] as const] : [];
    }),
  );
}
