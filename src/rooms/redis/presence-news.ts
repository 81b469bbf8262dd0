import type { PresenceListener } from '../presence.ts';
import { told } from './scripts/told.ts';
import type { RedisServer } from './server.ts';

type Change = Parameters<PresenceListener>;

interface Partition {
  /** The count of the newest change that was told; undefined until the first is known. */
  seen: number | undefined;
  /** Of the server, which may have lost changes and count others in their place. */
  life: string | undefined;
  fetching: Promise<void> | undefined;
  readonly waiting: Set<{ count: number; resolve(): void }>;
}

/** Milliseconds that somebody who comes waits to be told of; longer only where messages are lost. */
const PATIENCE = 1000;

/** Tells of who comes and goes, in the order in which it happened: by messages, and where one is missing by the list of changes. */
export class RedisNews {
  readonly #server: RedisServer;
  readonly #partitions = new Map<string, Partition>();
  readonly #listeners = new Set<PresenceListener>();

  constructor(server: RedisServer, tags: readonly string[]) {
    this.#server = server;
    for (const tag of tags) {
      const partition: Partition = { seen: undefined, life: undefined, fetching: undefined, waiting: new Set() };
      this.#partitions.set(tag, partition);
    }
  }

  async begin(): Promise<void> {
    const subscriptions = [...this.#partitions].map(([tag, partition]) =>
      this.#server.subscribe(this.channel(tag), (message) => this.#onMessage(tag, partition, message)),
    );
    await Promise.all(subscriptions);
  }

  channel(tag: string): string {
    return `${tag}:${this.#server.database}`;
  }

  follow(listener: PresenceListener): () => void {
    const own: PresenceListener = (...change) => listener(...change);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** How many changes there are: what no message has told is fetched. */
  async notice(tag: string, count: number, life: string): Promise<void> {
    const partition = this.#partitions.get(tag);
    if (partition === undefined) return;
    const isOther = partition.life !== undefined && partition.life !== life;
    partition.life = life;
    if (partition.seen === undefined || isOther) partition.seen = count;
    else if (count > partition.seen) await this.#fetch(tag, partition);
  }

  /** Resolves when a change was told. */
  async until(tag: string, count: number): Promise<void> {
    const partition = this.#partitions.get(tag);
    if (partition === undefined) return;
    partition.seen ??= count - 1;
    if (partition.seen >= count) return;
    await new Promise<void>((resolve) => {
      const waiter = { count, resolve };
      partition.waiting.add(waiter);
      setTimeout(() => {
        if (partition.waiting.delete(waiter)) void this.#fetch(tag, partition).finally(resolve);
      }, PATIENCE).unref();
    });
  }

  close(): void {
    this.#listeners.clear();
    for (const { waiting } of this.#partitions.values()) for (const { resolve } of waiting) resolve();
  }

  #onMessage(tag: string, partition: Partition, message: string): void {
    const at = message.indexOf(' ');
    const count = Number(message.slice(0, at));
    partition.seen ??= count - 1;
    if (partition.seen + 1 === count) this.#tell(partition, count, message.slice(at + 1));
    else if (partition.seen < count) void this.#fetch(tag, partition);
  }

  #fetch(tag: string, partition: Partition): Promise<void> {
    partition.fetching ??= this.#fetchOnce(tag, partition).finally(() => {
      partition.fetching = undefined;
    });
    return partition.fetching;
  }

  /** What cannot be fetched now is at the next beat. */
  async #fetchOnce(tag: string, partition: Partition): Promise<void> {
    try {
      const changes = (await this.#server.run(told, tag, [partition.seen ?? 0])) as (number | string)[];
      for (let i = 0; i < changes.length; i += 2) {
        const count = Number(changes[i]);
        if (count > (partition.seen ?? 0)) this.#tell(partition, count, String(changes[i + 1]));
      }
    } catch {}
  }

  #tell(partition: Partition, count: number, text: string): void {
    partition.seen = count;
    const change = JSON.parse(text) as Change;
    for (const listener of this.#listeners) listener(...change);
    for (const waiter of partition.waiting) {
      if (waiter.count > count) continue;
      partition.waiting.delete(waiter);
      waiter.resolve();
    }
  }
}
