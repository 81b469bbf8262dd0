import type { LivingProcess } from '../presence.ts';
import type { RedisNews } from './presence-news.ts';
import { beat } from './scripts/beat.ts';
import { bury } from './scripts/bury.ts';
import { hold } from './scripts/hold.ts';
import { processes } from './scripts/processes.ts';
import { sweep } from './scripts/sweep.ts';
import type { RedisServer } from './server.ts';

/** A name that this process holds for a connection. */
export interface Holding {
  readonly tag: string;
  readonly room: string;
  readonly name: string;
  readonly grace: number;
  readonly wish: string;
  readonly client: string;
}

export interface HoldingsOptions {
  readonly self: string;
  readonly beatInterval: number;
  readonly deadAfter: number;
}

/** What one script lets go of at most, so that no other waits for long. */
const MOST_AT_ONCE = 200;
/** Beats after which a process without a lease is taken for dead: after a pause of Redis nobody has one. */
const MOST_LOOKS = 3;

/** What this process holds: it says that it lives, takes back what Redis has forgotten, and lets go of what the dead held. */
export class RedisHoldings {
  /** What this process says of itself from its next beat on. */
  description = '';
  readonly #server: RedisServer;
  readonly #tags: readonly string[];
  readonly #news: RedisNews;
  readonly #options: HoldingsOptions;
  readonly #held = new Set<Holding>();
  /** Leaves that could not be stored. */
  #unsaid: (() => Promise<void>)[] = [];
  readonly #pending = new Set<Promise<void>>();
  /** How often a process was seen without a lease. */
  readonly #silent = new Map<string, number>();
  readonly #sweeps = new Map<string, NodeJS.Timeout>();
  readonly #beating: NodeJS.Timeout;
  readonly #unlisten: () => void;
  #isBeating = false;
  #isClosed = false;

  constructor(server: RedisServer, tags: readonly string[], news: RedisNews, options: HoldingsOptions) {
    this.#server = server;
    this.#tags = tags;
    this.#news = news;
    this.#options = options;
    this.#beating = setInterval(() => void this.#beat(), options.beatInterval).unref();
    this.#unlisten = server.onConnected(() => void this.#beat());
  }

  async begin(): Promise<void> {
    await this.#beat();
  }

  add(holding: Holding): void {
    this.#held.add(holding);
  }

  /** Where it cannot be stored now it is at the next beat: the name must not stay taken. */
  async letGo(holding: Holding, say: () => Promise<void>): Promise<void> {
    this.#held.delete(holding);
    const saying = say().then(
      () => this.#sweep(holding.tag),
      () => void this.#unsaid.push(say),
    );
    this.#pending.add(saying);
    await saying.finally(() => this.#pending.delete(saying));
  }

  /** Those that have described themselves. */
  async processes(): Promise<LivingProcess[]> {
    const { deadAfter } = this.#options;
    const answer = await this.#server.run(processes, this.#tags[0] as string, []);
    return (answer as [string, number][]).map(([description, left]) => ({
      description,
      age: Math.max(0, deadAfter - left),
    }));
  }

  async close(): Promise<void> {
    clearInterval(this.#beating);
    this.#unlisten();
    await Promise.all(this.#pending);
    this.#isClosed = true;
    for (const timer of this.#sweeps.values()) clearTimeout(timer);
    try {
      for (const tag of this.#tags) await this.#bury(tag, this.#options.self, '1');
    } catch {
      // Its lease ends by itself.
    }
  }

  async #beat(): Promise<void> {
    if (this.#isBeating || this.#isClosed) return;
    this.#isBeating = true;
    try {
      for (const tag of this.#tags) await this.#beatOne(tag);
      for (const say of this.#unsaid.splice(0)) await say().catch(() => this.#unsaid.push(say));
    } catch {
      // The next beat tries again.
    } finally {
      this.#isBeating = false;
    }
  }

  async #beatOne(tag: string): Promise<void> {
    const { self, deadAfter } = this.#options;
    // One place of a cluster is enough to be found.
    const description = tag === this.#tags[0] ? this.description : '';
    const answer = await this.#server.run(beat, tag, [self, deadAfter, description]);
    const [isNew, count, life, silent] = answer as [0 | 1, number, string, string[]];
    await this.#news.notice(tag, count, life);
    if (isNew === 1) await this.#holdAgain(tag);
    for (const process of this.#silent.keys()) {
      if (process.startsWith(tag) && !silent.includes(process.slice(tag.length))) this.#silent.delete(process);
    }
    for (const process of silent) {
      const looks = (this.#silent.get(tag + process) ?? 0) + 1;
      this.#silent.set(tag + process, looks);
      if (looks >= MOST_LOOKS) await this.#bury(tag, process, '0');
    }
    await this.#sweep(tag);
  }

  /** Others may have taken this process for dead, or the server may have lost what it knew. */
  async #holdAgain(tag: string): Promise<void> {
    const counted = new Map<string, { holding: Holding; times: number }>();
    for (const holding of this.#held) {
      const key = JSON.stringify([holding.room, holding.name]);
      if (holding.tag === tag) counted.set(key, { holding, times: (counted.get(key)?.times ?? 0) + 1 });
    }
    const channel = this.#news.channel(tag);
    const holds = [...counted.values()].map(({ holding, times }) => {
      const { room, grace, wish, client, name } = holding;
      return this.#server.run(hold, tag, [channel, this.#options.self, room, grace, wish, client, name, times]);
    });
    await Promise.all(holds);
  }

  async #bury(tag: string, process: string, own: '0' | '1'): Promise<void> {
    while ((await this.#server.run(bury, tag, [this.#news.channel(tag), process, MOST_AT_ONCE, own])) === 1);
  }

  async #sweep(tag: string): Promise<void> {
    try {
      for (;;) {
        const answer = await this.#server.run(sweep, tag, [this.#news.channel(tag), MOST_AT_ONCE]);
        const [more, next] = answer as [0 | 1, number];
        if (more === 1) continue;
        clearTimeout(this.#sweeps.get(tag));
        if (next < 0 || this.#isClosed) return;
        // Later than this the beat comes anyway; timers have a greatest time.
        const timer = setTimeout(() => void this.#sweep(tag), Math.min(next, 60_000)).unref();
        this.#sweeps.set(tag, timer);
        return;
      }
    } catch {
      // The next beat tries again.
    }
  }
}
