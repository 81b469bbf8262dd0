import { randomBytes } from 'node:crypto';
import type { GrowthListener } from '../event-log.ts';
import { type Channel, newPartition, type Partition } from './follower-partition.ts';
import { tagOf } from './partition.ts';
import { grown } from './scripts/grown.ts';
import { heads } from './scripts/heads.ts';
import { look } from './scripts/look.ts';
import { newest } from './scripts/newest.ts';
import type { RedisServer } from './server.ts';
import { parseWakeUp, type WakeUp } from './wake-up.ts';

/** Milliseconds between two looks for what no message told. */
const LOOK_INTERVAL = 500;
/** Milliseconds that a room is listened to when nobody asks for it any more: who reads a page goes and comes. */
const LINGER = 5000;
/** Rooms that are asked for at once. */
const PAGE = 1000;

/**
 * Tells of rooms that grow in other processes: of those only that are listened to here. A message wakes up, and has small events
 * in it; what no message told is found by comparing the count of appends, so that a lost message costs a second or two and never an event.
 */
export class RedisFollower {
  /** Names this process in its messages. */
  readonly origin = randomBytes(6).toString('hex');
  readonly #server: RedisServer;
  readonly #tags: readonly string[];
  readonly #partitions = new Map<string, Partition>();
  readonly #listeners = new Set<GrowthListener>();
  /** How many appends of this process are under way, by room. */
  readonly #appending = new Map<string, number>();
  readonly #looking: NodeJS.Timeout;
  readonly #unfollow: () => void;
  #waiting: [room: string, told: WakeUp][] = [];
  #isClosed = false;

  constructor(server: RedisServer, tags: readonly string[]) {
    this.#server = server;
    this.#tags = tags;
    for (const tag of tags) this.#partitions.set(tag, newPartition(tag));
    this.#looking = setInterval(() => this.#lookAtAll(), LOOK_INTERVAL).unref();
    this.#unfollow = server.onConnected(() => {
      for (const partition of this.#partitions.values()) partition.doubtful = true;
      this.#lookAtAll();
    });
  }

  /** Where the appends of a room are told. */
  channel(room: string): string {
    return `${tagOf(this.#tags, room)}:${this.#server.database}:${room}`;
  }

  follow(listener: GrowthListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when what happens in a room from now on will be told, also where Redis cannot be reached; with what ends it. */
  async listen(room: string): Promise<() => void> {
    const partition = this.#partitionOf(room);
    const channel = partition.channels.get(room) ?? this.#open(partition, room);
    channel.users++;
    await channel.listening;
    return () => {
      channel.users--;
      channel.idleSince = performance.now();
    };
  }

  /** This process appends to a room: what it appends it knows. */
  appending(room: string): void {
    this.#appending.set(room, (this.#appending.get(room) ?? 0) + 1);
  }

  /** @param done otherwise it may be in the log or not */
  appended(room: string, done: boolean): void {
    const left = (this.#appending.get(room) ?? 0) - 1;
    if (left > 0) this.#appending.set(room, left);
    else this.#appending.delete(room);
    const { channels, doubts } = this.#partitionOf(room);
    if (!done && channels.has(room)) doubts.add(room);
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#looking);
    this.#unfollow();
    this.#listeners.clear();
    for (const { channels } of this.#partitions.values()) {
      for (const room of channels.keys()) this.#server.unsubscribe(this.channel(room));
    }
  }

  #partitionOf(room: string): Partition {
    return this.#partitions.get(tagOf(this.#tags, room)) as Partition;
  }

  #open(partition: Partition, room: string): Channel {
    const listening = Promise.resolve();
    const channel = { room, listening, users: 0, idleSince: 0, seq: 0, suspected: false };
    partition.channels.set(room, channel);
    channel.listening = this.#subscribe(partition, channel);
    return channel;
  }

  async #subscribe(partition: Partition, channel: Channel): Promise<void> {
    // A message that is lost from now on is one that is counted.
    partition.counting ??= this.#look(partition);
    await partition.counting;
    await this.#server.subscribe(this.channel(channel.room), (message) => this.#onMessage(channel, message));
  }

  #onMessage(channel: Channel, message: string): void {
    const told = parseWakeUp(message);
    if (told === undefined) return;
    channel.seq = told.seq;
    channel.suspected = false;
    if (message.startsWith(this.origin) && this.#appending.has(channel.room)) return;
    // Answers to appends of this process that came with it are told first, in their order.
    if (this.#waiting.push([channel.room, told]) === 1) setImmediate(() => this.#tellWaiting());
  }

  #tellWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const [room, { head, epoch, event }] of waiting) this.#tell(room, head, epoch, event);
  }

  #lookAtAll(): void {
    const before = performance.now() - LINGER;
    for (const partition of this.#partitions.values()) {
      for (const channel of partition.channels.values()) {
        if (channel.users === 0 && channel.idleSince < before) this.#stopListening(partition, channel);
      }
      if (partition.channels.size > 0) void this.#look(partition);
    }
  }

  #stopListening({ tag, channels }: Partition, { room }: Channel): void {
    channels.delete(room);
    this.#server.unsubscribe(this.channel(room));
    if (channels.size === 0) this.#partitions.set(tag, newPartition(tag));
  }

  #look(partition: Partition): Promise<void> {
    partition.looking ??= this.#lookOnce(partition).finally(() => {
      partition.looking = undefined;
    });
    return partition.looking;
  }

  async #lookOnce(partition: Partition): Promise<void> {
    if (this.#isClosed) return;
    const { tag, doubtful, doubts } = partition;
    partition.doubtful = false;
    partition.doubts = new Set();
    try {
      const [count, life] = (await this.#server.run(look, tag, [])) as [number, string];
      // Another life of the server may have lost events, and taken others in their place.
      const isOther = partition.life !== undefined && partition.life !== life;
      if (doubtful || isOther) await this.#askFor(partition, [...partition.channels.keys()]);
      else await this.#check(partition, doubts);
      if (isOther) for (const channel of partition.channels.values()) channel.seq = 0;
      partition.life = life;
      partition.checked = isOther ? count : (partition.found ?? count);
      partition.found = count;
    } catch {
      // The next look finds it.
      partition.doubtful = true;
    }
  }

  async #check(partition: Partition, doubts: ReadonlySet<string>): Promise<void> {
    const { channels, checked, found = checked } = partition;
    const missing = new Set(doubts);
    // What was there half a second ago has had its message by now.
    if (found > checked) {
      const seqs = channels.size < found - checked ? this.#newestOf(partition) : this.#grownSince(partition, checked);
      for await (const [room, seq] of seqs) if (isMissing(partition, room, seq)) missing.add(room);
    }
    await this.#askFor(partition, [...missing]);
  }

  /** The rooms that are listened to, and what their newest appends were: where they are fewer than those that have grown. */
  async *#newestOf({ tag, channels }: Partition): AsyncGenerator<[room: string, seq: number]> {
    const rooms = [...channels.keys()];
    for (let i = 0; i < rooms.length; i += PAGE) {
      const page = rooms.slice(i, i + PAGE);
      const answer = (await this.#server.run(newest, tag, page)) as (string | null)[];
      for (const [j, room] of page.entries()) yield [room, Number(answer[j] ?? 0)];
    }
  }

  async *#grownSince({ tag }: Partition, seq: number): AsyncGenerator<[room: string, seq: number]> {
    for (let last = seq, length = PAGE; length === PAGE; ) {
      const answer = (await this.#server.run(grown, tag, [last, PAGE])) as string[];
      length = answer.length / 2;
      for (let i = 0; i < answer.length; i += 2) {
        last = Number(answer[i + 1]);
        yield [answer[i] ?? '', last];
      }
    }
  }

  /** Tells where rooms are, whatever was told of them. */
  async #askFor({ tag, channels }: Partition, rooms: readonly string[]): Promise<void> {
    const some = rooms.filter((room) => channels.has(room));
    for (let i = 0; i < some.length; i += PAGE) {
      const page = some.slice(i, i + PAGE);
      const answer = (await this.#server.run(heads, tag, page)) as (string | number)[];
      for (const [j, room] of page.entries()) this.#tell(room, Number(answer[2 * j]), String(answer[2 * j + 1]));
    }
  }

  #tell(room: string, head: number, epoch: string, event?: WakeUp['event']): void {
    if (this.#isClosed) return;
    for (const listener of this.#listeners) listener(room, head, event, epoch);
  }
}

/** Whether a room has grown since the last but one look, and no message told. @param seq of its newest append */
function isMissing({ channels, checked, found = checked }: Partition, room: string, seq: number): boolean {
  const channel = channels.get(room);
  if (channel === undefined || seq <= checked || channel.seq >= seq) return false;
  if (seq <= found) return true;
  // Its message may be on its way; in a room that grows all the time one of them always is.
  if (channel.suspected && channel.seq <= checked) return true;
  channel.suspected = true;
  return false;
}
