import { resolve } from 'node:path';
import type { Config } from './config.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { EventLog } from './rooms/event-log.ts';
import { openLiveLog, openLmdbLog } from './rooms/lmdb/log.ts';
import { openLmdbPresence } from './rooms/lmdb/presence.ts';
import type { LogLimits } from './rooms/log-limits.ts';
import type { Presence } from './rooms/presence.ts';
import { openLiveRedisLog, openRedisLog } from './rooms/redis/log.ts';
import { parseRedisUrl } from './rooms/redis/place.ts';
import { openRedisPresence } from './rooms/redis/presence.ts';
import { openRedis } from './rooms/redis/server.ts';
import { Rooms } from './rooms/rooms.ts';

/** The rooms of the program, which it shares with all of its processes: on this machine, or with Redis on any. */
export interface ProgramRooms {
  /** Those of /rooms: what they acknowledge is kept. */
  durable: Rooms;
  /** Those of /broadcast, /ws and /chat: they outlive a reload and little more. */
  live: Rooms;
  /** Who is in them, and which processes share them. */
  presence: Presence;
  /** Why they cannot be used, or not be written to; undefined where they can. */
  problem(): string | undefined;
  /** Resolves when everything published is stored. */
  close(): Promise<void>;
}

/** What rooms stand on. */
interface Stores {
  durableLog: EventLog;
  liveLog: EventLog;
  presence: Presence;
  problem(): string | undefined;
  close(): Promise<void>;
}

const WATERMARK = 64 * 1024;
const TAIL_EVENTS = 1000;

/** A store that fails does so for everybody at once: one line in so many milliseconds is enough. */
const ERROR_INTERVAL = 5000;

/**
 * @throws TextEventError ERR_STORE where DATA_DIR or Redis cannot be used, or what is in it is damaged; a Redis that does not
 *   answer yet is waited for, by clients
 */
export async function openProgramRooms(config: Config, log: Logger, metrics?: Metrics): Promise<ProgramRooms> {
  const { historyMaxEvents, historyMaxAge, maxBufferedBytes } = config;
  const stores = config.redisUrl === '' ? await openFiles(config) : await openInRedis(config, log);
  const options = { watermark: Math.min(WATERMARK, maxBufferedBytes / 2), onError: errorLog(log) };
  const tail = { tailEvents: Math.min(TAIL_EVENTS, historyMaxEvents), tailAge: historyMaxAge };
  const durable = new Rooms(stores.durableLog, stores.presence, {
    ...options,
    ...tail,
    observer: metrics?.observer('rooms'),
  });
  const live = new Rooms(stores.liveLog, stores.presence, { ...options, observer: metrics?.observer('live') });
  metrics?.watchStore(stores.problem);
  metrics?.watchRooms('rooms', durable);
  metrics?.watchRooms('live', live);
  const close = async () => {
    durable.close();
    live.close();
    await stores.close();
  };
  return { durable, live, presence: stores.presence, problem: stores.problem, close };
}

async function openFiles(config: Config): Promise<Stores> {
  const folder = (name: string) => resolve(config.dataDir, name);
  const durableLog = await openLmdbLog(folder('rooms'), { ...limitsOf(config), durability: config.durability });
  const liveLog = await openLiveLog(folder('live'));
  const presence = openLmdbPresence(folder('presence'));
  const close = async () => {
    await Promise.all([durableLog.close(), liveLog.close(), presence.close()]);
  };
  return { durableLog, liveLog, presence, problem: () => undefined, close };
}

async function openInRedis(config: Config, log: Logger): Promise<Stores> {
  // Without user and password. What /readyz says has not even this: it may be public.
  const { shown: redisUrl } = parseRedisUrl(config.redisUrl);
  const onState = (problem: string | undefined) => {
    if (problem === undefined) log.info({ redisUrl }, 'Redis can be used');
    else log.warn({ redisUrl, problem }, 'Redis cannot be used; it is tried again');
  };
  const redis = await openRedis(config.redisUrl, { durability: config.durability, onState });
  const durableLog = await openRedisLog(redis, { ...limitsOf(config), name: 'rooms' });
  const liveLog = await openLiveRedisLog(redis, { name: 'live' });
  const presence = await openRedisPresence(redis);
  const close = async () => {
    await Promise.all([durableLog.close(), liveLog.close(), presence.close()]);
    redis.close();
  };
  const problem = () => (redis.problem === undefined ? undefined : `Redis: ${redis.problem}`);
  return { durableLog, liveLog, presence, problem, close };
}

function limitsOf({ historyMaxEvents, historyMaxBytes, historyMaxAge, maxRooms }: Config): Partial<LogLimits> {
  return { maxEvents: historyMaxEvents, maxBytes: historyMaxBytes, maxAge: historyMaxAge, maxRooms };
}

function errorLog(log: Logger): (err: unknown, room: string) => void {
  let untold = 0;
  let nextTime = 0;
  return (err, room) => {
    untold++;
    if (Date.now() < nextTime) return;
    log.error({ err, room, times: untold }, 'the store of the rooms failed');
    nextTime = Date.now() + ERROR_INTERVAL;
    untold = 0;
  };
}
