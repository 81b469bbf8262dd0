import { resolve } from 'node:path';
import type { Config } from './config.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics/metrics.ts';
import { openLiveLog, openLmdbLog } from './rooms/lmdb-log.ts';
import { openLmdbPresence } from './rooms/lmdb-presence.ts';
import { Rooms } from './rooms/rooms.ts';

/** The rooms of the program, which it shares with all of its processes on this machine. */
export interface ProgramRooms {
  /** Those of /rooms: what they acknowledge is kept. */
  durable: Rooms;
  /** Those of /broadcast, /ws and /chat: they outlive a reload and little more. */
  live: Rooms;
  /** Resolves when everything published is on disk. */
  close(): Promise<void>;
}

const WATERMARK = 64 * 1024;
const TAIL_EVENTS = 1000;

/** A store that fails does so for everybody at once: one line in so many milliseconds is enough. */
const ERROR_INTERVAL = 5000;

/** @throws TextEventError ERR_STORE where DATA_DIR cannot be used, or what is in it is damaged */
export async function openProgramRooms(config: Config, log: Logger, metrics?: Metrics): Promise<ProgramRooms> {
  const folder = (name: string) => resolve(config.dataDir, name);
  const {
    historyMaxEvents: maxEvents,
    historyMaxBytes: maxBytes,
    historyMaxAge: maxAge,
    maxRooms,
    durability,
  } = config;
  const durableLog = await openLmdbLog(folder('rooms'), { maxEvents, maxBytes, maxAge, maxRooms, durability });
  const liveLog = await openLiveLog(folder('live'));
  const presence = openLmdbPresence(folder('presence'));
  const options = { watermark: Math.min(WATERMARK, config.maxBufferedBytes / 2), onError: errorLog(log) };
  const tail = { tailEvents: Math.min(TAIL_EVENTS, maxEvents), tailAge: maxAge };
  const durable = new Rooms(durableLog, presence, { ...options, ...tail, observer: metrics?.observer('rooms') });
  const live = new Rooms(liveLog, presence, { ...options, observer: metrics?.observer('live') });
  metrics?.watchRooms('rooms', durable);
  metrics?.watchRooms('live', live);
  const close = async () => {
    durable.close();
    live.close();
    await Promise.all([durableLog.close(), liveLog.close(), presence.close()]);
  };
  return { durable, live, close };
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
