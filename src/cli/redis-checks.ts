import type { Config } from '../config.ts';
import { NoAnswer } from '../rooms/redis/checks.ts';
import { driveRedis, type RedisDriver } from '../rooms/redis/driver.ts';
import { parseRedisUrl } from '../rooms/redis/place.ts';
import { reasonOf } from '../rooms/redis/reasons.ts';
import { type Finding, skipped, wrong } from './findings.ts';
import { judgeEviction, judgePersistence, judgeReplicas, type RedisSettings } from './redis-findings.ts';

/** Of the server that has it the settings are read; in a cluster of that one alone. */
const KEY = '{text-event:doctor}';
/** Milliseconds until it must be connected, and have answered everything. */
const TIMEOUT = 5_000;

/** What `doctor --local` tests of the Redis that the settings name. */
export function redisChecks(settings: () => Config): Readonly<Record<string, () => Promise<Finding>>> {
  const about = (judge: (redis: RedisSettings, config: Config) => Finding) => () => examineRedis(settings(), judge);
  return {
    persistence: about((redis, { durability }) => judgePersistence(redis, durability)),
    eviction: about(judgeEviction),
    replicas: about(judgeReplicas),
  };
}

async function examineRedis(
  config: Config,
  judge: (redis: RedisSettings, config: Config) => Finding,
): Promise<Finding> {
  if (config.redisUrl === '') return skipped('there is no REDIS_URL');
  const place = parseRedisUrl(config.redisUrl);
  let driver: RedisDriver | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    const read = new Promise<RedisSettings>((resolve, lost) => {
      timer = setTimeout(() => lost(new NoAnswer(TIMEOUT)), TIMEOUT);
      const ready = () => readRedis(driver as RedisDriver).then(resolve, lost);
      driver = driveRedis(place, { ready, lost });
    });
    return judge(await read, config);
  } catch (error) {
    // No address: it may have a password in it.
    return wrong(`Redis: ${reasonOf(error, place)}`, { file: '.env', line: 'REDIS_URL' });
  } finally {
    clearTimeout(timer);
    driver?.destroy();
  }
}

async function readRedis(driver: RedisDriver): Promise<RedisSettings> {
  const info = String(await driver.send(KEY, ['INFO', 'everything']));
  const told = (name: string) => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1];
  const setting = async (name: string) => settingIn(await driver.send(KEY, ['CONFIG', 'GET', name]).catch(() => []));
  const aof = told('aof_enabled');
  return {
    file: told('config_file') ?? '',
    version: told('redis_version') ?? '',
    appendonly: aof && (aof === '1' ? 'yes' : 'no'),
    appendfsync: await setting('appendfsync'),
    maxmemory: told('maxmemory'),
    policy: told('maxmemory_policy'),
    minReplicas: await setting('min-replicas-to-write'),
    replicas: Number(told('connected_slaves') ?? 0),
  };
}

/** The value of one setting: a list of name and value, or by name, as the protocol's version has it. */
function settingIn(answer: unknown): string | undefined {
  const values = Array.isArray(answer)
    ? answer.slice(1)
    : answer instanceof Map
      ? [...answer.values()]
      : Object.values(Object(answer));
  return values.length > 0 ? String(values[0]) : undefined;
}
