import { randomUUID } from 'node:crypto';
import { type Naming, stemsOf } from '../names.ts';
import {
  type Arrival,
  DEFAULT_GRACE,
  type LivingProcess,
  type Members,
  type Membership,
  type Presence,
  type PresenceListener,
} from '../presence.ts';
import { unavailable } from '../room-error.ts';
import { partitionTags, tagOf } from './partition.ts';
import { RedisHoldings } from './presence-holdings.ts';
import { RedisNews } from './presence-news.ts';
import { enter } from './scripts/enter.ts';
import { leave } from './scripts/leave.ts';
import { members } from './scripts/members.ts';
import type { RedisServer } from './server.ts';

/** Durations in milliseconds. */
export interface RedisPresenceOptions {
  /** Names the keys. @default presence */
  readonly name?: string;
  /** How long a name stays taken when its owner has left, where an arrival does not say. @default 10,000 */
  readonly grace?: number;
  /** How often a process says that it lives, and looks whether the others do. @default 1,000 */
  readonly beatInterval?: number;
  /** After this silence a process is taken for dead. @default 5,000 */
  readonly deadAfter?: number;
}

/**
 * Opens who is in which room, for all processes that use the same Redis. The server is closed by whoever opened it.
 * Resolves also where Redis cannot be reached now.
 */
export async function openRedisPresence(server: RedisServer, options: RedisPresenceOptions = {}): Promise<Presence> {
  const presence = new RedisPresence(server, options);
  await presence.begin();
  return presence;
}

class RedisPresence implements Presence {
  readonly #server: RedisServer;
  readonly #tags: readonly string[];
  readonly #grace: number;
  /** Names this process, or rather this object. */
  readonly #self: string = randomUUID();
  readonly #news: RedisNews;
  readonly #holdings: RedisHoldings;
  #isClosed = false;

  constructor(server: RedisServer, options: RedisPresenceOptions) {
    const { name = 'presence', grace = DEFAULT_GRACE, beatInterval = 1000, deadAfter = 5000 } = options;
    this.#server = server;
    this.#grace = grace;
    this.#tags = partitionTags(name, server.partitions);
    this.#news = new RedisNews(server, this.#tags);
    this.#holdings = new RedisHoldings(server, this.#tags, this.#news, { self: this.#self, beatInterval, deadAfter });
  }

  async begin(): Promise<void> {
    await this.#news.begin();
    await this.#holdings.begin();
  }

  async enter(room: string, arrival: Arrival): Promise<Membership> {
    const { wish = '', client = '', naming, grace = this.#grace } = arrival;
    if (this.#isClosed) throw unavailable(new Error('the presence is closed'));
    const tag = tagOf(this.#tags, room);
    const how = namingText(naming, wish);
    const args = [this.#news.channel(tag), this.#self, room, grace, wish, client, how];
    const [name, returned, change] = (await this.#server.run(enter, tag, args)) as [string, 0 | 1, number];
    const holding = { tag, room, name, grace, wish, client };
    this.#holdings.add(holding);
    let left = false;
    const membership = {
      name,
      returned: returned === 1,
      leave: () => {
        if (!left && !this.#isClosed) void this.#holdings.letGo(holding, () => this.#leave(tag, room, name));
        left = true;
      },
    };
    await this.#news.until(tag, change);
    return membership;
  }

  async members(room: string, limit: number): Promise<Members> {
    const answer = await this.#server.run(members, tagOf(this.#tags, room), [room, limit]);
    const [names, count] = answer as [string[], number];
    return { names, count };
  }

  follow(listener: PresenceListener): () => void {
    return this.#news.follow(listener);
  }

  describe(text: string): void {
    this.#holdings.description = text;
  }

  processes(): Promise<readonly LivingProcess[]> {
    return this.#holdings.processes();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#holdings.close();
    this.#news.close();
  }

  async #leave(tag: string, room: string, name: string): Promise<void> {
    await this.#server.run(leave, tag, [this.#news.channel(tag), this.#self, room, name]);
  }
}

function namingText({ pool, guestPrefix, guestFrom }: Naming, wish: string): string {
  return JSON.stringify({ pool, prefix: guestPrefix, from: guestFrom, ...stemsOf(wish) });
}
