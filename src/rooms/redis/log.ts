import type { Appended, EventLog, GrowthListener, LogSize, Page, Publication, RoomEvent } from '../event-log.ts';
import {
  durableLimits,
  type LogLimits,
  type LogOptions,
  type LogSettings,
  liveLimits,
  logSettings,
  tooManyRooms,
} from '../log-limits.ts';
import { newEpoch, type PreviousLife, startAfter } from '../log-place.ts';
import type { Position } from '../position.ts';
import { unavailable } from '../room-error.ts';
import { RedisFollower } from './follower.ts';
import { partitionTags, tagOf } from './partition.ts';
import { append } from './scripts/append.ts';
import { expire } from './scripts/expire.ts';
import { head } from './scripts/head.ts';
import { read } from './scripts/read.ts';
import type { Script } from './scripts/script.ts';
import { size } from './scripts/size.ts';
import type { RedisServer } from './server.ts';

export interface RedisLogOptions extends LogOptions {
  /** Names the log's keys. Logs of one name are one log, in all processes. */
  readonly name: string;
}

/** Events that one script drops, so that no other waits for long. */
const SWEPT_AT_ONCE = 500;

type SizeReply = [rooms: number, events: number, bytes: number];
type HeadReply = [epoch: string, head: number];
type AppendReply = [epoch: string, offset: number, at: number, duplicate: 0 | 1];
type ReadReply = [epoch: string, head: number, first: number, previous: string, events: (string | number)[]];

/** The log of durable rooms. The server is closed by whoever opened it. */
export function openRedisLog(server: RedisServer, options: RedisLogOptions): Promise<EventLog> {
  return begin(server, options, durableLimits);
}

/** The log of what has to outlive a reload and little more. */
export function openLiveRedisLog(server: RedisServer, options: RedisLogOptions): Promise<EventLog> {
  return begin(server, options, liveLimits);
}

async function begin(server: RedisServer, options: RedisLogOptions, limits: LogLimits): Promise<EventLog> {
  return new RedisLog(server, options, limits);
}

class RedisLog implements EventLog {
  readonly answersEach = true;
  readonly #server: RedisServer;
  readonly #settings: LogSettings;
  /** The clock of the server is one for all machines; only tests have another. */
  readonly #now: () => number | '';
  readonly #tags: readonly string[];
  readonly #follower: RedisFollower;
  readonly #listeners = new Set<GrowthListener>();
  readonly #sweeping: NodeJS.Timeout;
  readonly #pending = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(server: RedisServer, { name, ...options }: RedisLogOptions, limits: LogLimits) {
    this.#server = server;
    this.#settings = logSettings(options, limits);
    this.#now = options.now ?? (() => '');
    this.#tags = partitionTags(name, server.partitions);
    this.#follower = new RedisFollower(server, this.#tags);
    this.#sweeping = setInterval(() => void this.#sweep(), this.#settings.sweepInterval).unref();
  }

  async append(room: string, { from, text, key }: Publication): Promise<Appended> {
    const { maxEvents, maxBytes } = this.#settings;
    const { origin } = this.#follower;
    const args = [this.#follower.channel(room), origin, maxEvents, maxBytes, from, from.length, text];
    const asked = this.#ask<AppendReply>(append, room, key === undefined ? args : [...args, key]);
    const flushed = this.#server.flush(tagOf(this.#tags, room));
    const [[epoch, offset, at, duplicate]] = await this.#settle(room, Promise.all([asked, flushed]));
    if (duplicate === 0) {
      for (const listener of this.#listeners) listener(room, offset, { offset, at, from, text }, epoch);
    }
    return { position: { epoch, offset }, at, duplicate: duplicate === 1 };
  }

  async read(room: string, after: Position | undefined, limit: number, maxBytes = Infinity): Promise<Page> {
    const place = after === undefined ? [] : [after.epoch, after.offset];
    const [epoch, head, first, lives, texts] = await this.#ask<ReadReply>(read, room, [limit, maxBytes, ...place]);
    const start = startAfter({ epoch, head, first, previous: parseLives(lives) }, after);
    const events: RoomEvent[] = [];
    for (let i = 0; i < texts.length; i += 3) {
      const offset = start.after + 1 + i / 3;
      events.push({ offset, at: Number(texts[i]), from: String(texts[i + 1]), text: String(texts[i + 2]) });
    }
    return { epoch, head, ...start, events };
  }

  async head(room: string): Promise<Position> {
    const [epoch, offset] = await this.#ask<HeadReply>(head, room, []);
    return { epoch, offset };
  }

  follow(listener: GrowthListener): () => void {
    const own: GrowthListener = (...growth) => listener(...growth);
    this.#listeners.add(own);
    const unfollow = this.#follower.follow(own);
    return () => {
      this.#listeners.delete(own);
      unfollow();
    };
  }

  async size(): Promise<LogSize> {
    const sizes = this.#tags.map((tag) => this.#server.run(size, tag, []) as Promise<SizeReply>);
    const sum = { rooms: 0, events: 0, bytes: 0 };
    for (const [rooms, events, bytes] of await Promise.all(sizes)) {
      sum.rooms += rooms;
      sum.events += events;
      sum.bytes += bytes;
    }
    return sum;
  }

  listen(room: string): Promise<() => void> {
    return this.#follower.listen(room);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#sweeping);
    await Promise.allSettled(this.#pending);
    this.#follower.close();
    this.#listeners.clear();
  }

  async #ask<T>(script: Script, room: string, args: (string | number)[]): Promise<T> {
    if (this.#isClosed) throw unavailable(new Error('the log is closed'));
    const { maxRooms } = this.#settings;
    const most = Number.isFinite(maxRooms) ? Math.ceil(maxRooms / this.#tags.length) : '';
    const common = [room, newEpoch(), this.#now(), most];
    const answer = (await this.#server.run(script, tagOf(this.#tags, room), [...common, ...args])) as unknown[];
    if (answer.length === 0) throw tooManyRooms(maxRooms);
    return answer as T;
  }

  /** Closing waits for it. */
  async #settle<T>(room: string, appending: Promise<T>): Promise<T> {
    this.#pending.add(appending);
    this.#follower.appending(room);
    let done = false;
    try {
      const answer = await appending;
      done = true;
      return answer;
    } finally {
      // Where it failed it may be in the log all the same, and nobody here was told of it.
      this.#follower.appended(room, done);
      this.#pending.delete(appending);
    }
  }

  /** What fails is done by the next sweep. */
  async #sweep(): Promise<void> {
    const { maxAge } = this.#settings;
    if (!Number.isFinite(maxAge)) return;
    for (const tag of this.#tags) {
      try {
        while (!this.#isClosed && (await this.#server.run(expire, tag, [this.#now(), maxAge, SWEPT_AT_ONCE])) === 1);
      } catch {
        return;
      }
    }
  }
}

/** `epoch offset epoch offset`, newest first. */
function parseLives(text: string): PreviousLife[] {
  return [...text.matchAll(/(\w+) (\d+)/g)].map(([, epoch = '', upTo]) => [epoch, Number(upTo)]);
}
