import type { EventLog } from './event-log.ts';
import type { LogLimits } from './log-limits.ts';
import type { Presence } from './presence.ts';
import { Rooms } from './rooms.ts';

/** How rooms are kept; what is not set has the program's defaults. Times are in milliseconds. */
export interface StoredRoomsOptions extends Partial<LogLimits> {
  /**
   * When a publication is acknowledged: `commit` when the end of the process cannot take it back, `flush` when a power cut
   * cannot either. @default commit
   */
  readonly durability?: 'commit' | 'flush';
  /** Told what the store failed with. @default nobody is told */
  readonly onError?: (error: unknown, room: string) => void;
}

export interface StoredRooms {
  /** For the handler `room`: what they acknowledge is kept. */
  readonly rooms: Rooms;
  /**
   * For the handlers `chat` and `broadcast`, and the option `rooms` of a server: 1,000 events and one minute of each room,
   * which outlive a process and no power cut.
   */
  readonly live: Rooms;
  /** Resolves when everything published is stored. */
  close(): Promise<void>;
}

/** What rooms stand on. */
interface Stores {
  readonly log: EventLog;
  readonly liveLog: EventLog;
  readonly presence: Presence;
  close(): Promise<void>;
}

const REDIS = /^(?:(?:redis|rediss)(?:\+\w+)?|unix):/;

/**
 * Opens rooms that outlive the process.
 * @param place a folder, which all processes of this machine may share, or the address of a Redis, as `REDIS_URL` has it, which
 *   those of any machine may: docs/durability.md
 * @throws TextEventError ERR_STORE where it cannot be used, or what is in it is damaged; ERR_CONFIG for an address that is none.
 *   A Redis that does not answer yet is waited for, by those who ask for something
 */
export async function openRooms(place: string, { onError, ...options }: StoredRoomsOptions = {}): Promise<StoredRooms> {
  const stores = await (REDIS.test(place) ? openInRedis(place, options) : openFiles(place, options));
  const rooms = new Rooms(stores.log, stores.presence, { tailAge: options.maxAge, onError });
  const live = new Rooms(stores.liveLog, stores.presence, { onError });
  const close = async () => {
    rooms.close();
    live.close();
    await stores.close();
  };
  return { rooms, live, close };
}

// Who needs no rooms on disk does not load a database, and who needs them there no other one.

async function openFiles(folder: string, options: StoredRoomsOptions): Promise<Stores> {
  const [{ openLiveLog, openLmdbLog }, { openLmdbPresence }] = await Promise.all([
    import('./lmdb/log.ts'),
    import('./lmdb/presence.ts'),
  ]);
  const log = await openLmdbLog(`${folder}/rooms`, options);
  const liveLog = await openLiveLog(`${folder}/live`);
  const presence = openLmdbPresence(`${folder}/presence`);
  const close = async () => {
    await Promise.all([log.close(), liveLog.close(), presence.close()]);
  };
  return { log, liveLog, presence, close };
}

async function openInRedis(url: string, { durability, ...limits }: StoredRoomsOptions): Promise<Stores> {
  const [{ openRedis }, { openLiveRedisLog, openRedisLog }, { openRedisPresence }] = await Promise.all([
    import('./redis/server.ts'),
    import('./redis/log.ts'),
    import('./redis/presence.ts'),
  ]);
  const redis = await openRedis(url, durability === undefined ? {} : { durability });
  const log = await openRedisLog(redis, { ...limits, name: 'rooms' });
  const liveLog = await openLiveRedisLog(redis, { name: 'live' });
  const presence = await openRedisPresence(redis);
  const close = async () => {
    await Promise.all([log.close(), liveLog.close(), presence.close()]);
    redis.close();
  };
  return { log, liveLog, presence, close };
}
