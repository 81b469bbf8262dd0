import { randomBytes } from 'node:crypto';
import type { GrowthListener } from './event-log.ts';
import { grown } from './redis/grown.ts';
import { look } from './redis/look.ts';
import type { RedisServer } from './redis-server.ts';

/** Milliseconds between two looks for what no message told. */
const LOOK_INTERVAL = 500;
/** Rooms that are asked for at once. */
const PAGE = 1000;

/** What is known of the appends behind a hash tag; all of them are counted. */
interface Partition {
  /** Told up to here. */
  seen: number;
  /** What the look before this one found. */
  found: number;
  /** Of the server; undefined before the first look. */
  life: string | undefined;
  doubtful: boolean;
  looking: boolean;
}

/**
 * Tells of rooms that grow in other processes. A message wakes up; what no message told is found by comparing the count of
 * appends, so that a lost message costs a second and never an event.
 */
export class RedisFollower {
  /** Names this process in its messages. */
  readonly origin = randomBytes(6).toString('hex');
  readonly #server: RedisServer;
  readonly #partitions = new Map<string, Partition>();
  readonly #listeners = new Set<GrowthListener>();
  readonly #looking: NodeJS.Timeout;
  readonly #unfollow: () => void;
  #isClosed = false;

  constructor(server: RedisServer, tags: readonly string[]) {
    this.#server = server;
    for (const tag of tags) {
      this.#partitions.set(tag, { seen: 0, found: 0, life: undefined, doubtful: false, looking: false });
    }
    this.#looking = setInterval(() => void this.#lookAtAll(), LOOK_INTERVAL).unref();
    this.#unfollow = server.onConnected(() => {
      for (const partition of this.#partitions.values()) partition.doubtful = true;
      void this.#lookAtAll();
    });
  }

  /** Resolves when what happens from now on will be told; at once where Redis cannot be reached. */
  async begin(): Promise<void> {
    const subscriptions = [...this.#partitions].map(([tag, partition]) =>
      this.#server.subscribe(this.channel(tag), (message) => this.#onMessage(partition, message)),
    );
    await Promise.all(subscriptions);
    await this.#lookAtAll();
  }

  channel(tag: string): string {
    return `${tag}:${this.#server.database}`;
  }

  follow(listener: GrowthListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** An append of this process may be in the log, though it was not acknowledged. */
  doubt(tag: string): void {
    const partition = this.#partitions.get(tag);
    if (partition) partition.doubtful = true;
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#looking);
    this.#unfollow();
    this.#listeners.clear();
  }

  #onMessage(partition: Partition, message: string): void {
    const [, origin, seq, head, epoch, room = ''] = /^(\w+) (\d+) (\d+) (\w+) (.*)$/s.exec(message) ?? [];
    if (partition.seen === Number(seq) - 1) partition.seen++;
    if (origin !== undefined && origin !== this.origin) this.#tell(room, Number(head), epoch);
  }

  async #lookAtAll(): Promise<void> {
    await Promise.all([...this.#partitions].map(([tag, partition]) => this.#look(tag, partition)));
  }

  async #look(tag: string, partition: Partition): Promise<void> {
    if (partition.looking || this.#isClosed) return;
    partition.looking = true;
    try {
      const [count, life] = (await this.#server.run(look, tag, [])) as [number, string];
      if (partition.life === undefined) partition.seen = count;
      // Another life of the server may have lost events, and taken others in their place.
      else if (partition.life !== life) await this.#tellSince(tag, partition, 0);
      // What was there half a second ago has had its message by now.
      else if (partition.doubtful || partition.found > partition.seen)
        await this.#tellSince(tag, partition, partition.seen);
      partition.life = life;
      partition.found = count;
      partition.doubtful = false;
    } catch {
      // The next look finds it.
    } finally {
      partition.looking = false;
    }
  }

  async #tellSince(tag: string, partition: Partition, since: number): Promise<void> {
    let last = since;
    for (;;) {
      const answer = (await this.#server.run(grown, tag, [last, PAGE])) as (string | number)[];
      for (let i = 0; i < answer.length; i += 4) {
        last = Number(answer[i]);
        this.#tell(String(answer[i + 1]), Number(answer[i + 2]), String(answer[i + 3]));
      }
      if (answer.length < 4 * PAGE) break;
    }
    partition.seen = since === 0 ? last : Math.max(partition.seen, last);
  }

  #tell(room: string, head: number, epoch: string | undefined): void {
    if (this.#isClosed) return;
    for (const listener of this.#listeners) listener(room, head, undefined, epoch);
  }
}
