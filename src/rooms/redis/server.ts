import { promisify } from 'node:util';
import { TextEventError } from '../../errors.ts';
import { unavailable } from '../room-error.ts';
import { checkServer, NoAnswer, type RedisDurability } from './checks.ts';
import { driveRedis, type RedisDriver } from './driver.ts';
import { parseRedisUrl, type RedisPlace } from './place.ts';
import { isHopeless, reasonOf } from './reasons.ts';
import type { Script } from './scripts/script.ts';
import { SCRIPTS } from './scripts/scripts.ts';
import { RedisSubscriptions } from './subscriptions.ts';

export interface RedisOptions {
  /** @default commit */
  readonly durability?: RedisDurability;
  /** Milliseconds until what is not answered is unavailable. @default 4000 */
  readonly patience?: number;
  /** Told when it can be used, when it cannot any more, and why; not twice the same. @default nobody is told */
  readonly onState?: (problem: string | undefined) => void;
}

/** Milliseconds. */
const PROBE_INTERVAL = 1000;
const PROBE_PATIENCE = 2000;
/** A connection that nothing came over for so long is thrown away: the machine behind it may be gone. */
const SILENCE = 10_000;
/** Nothing is answered for so long, or nothing was asked: what is sent now may never be written. */
const STANDSTILL = 500;
/** What a start waits for a first connection that is neither made nor refused; after that it goes on without. */
const FIRST_PATIENCE = 10_000;

/** Hash slots of a cluster are shared among its servers; rooms are shared among so many. */
const CLUSTER_PARTITIONS = 64;

/**
 * Connects to Redis. Where it cannot be reached now, it is tried again until it can; meanwhile everything is `unavailable`.
 * @throws TextEventError ERR_CONFIG where the address is none, ERR_STORE where the server refuses the login, or cannot do what is asked
 */
export async function openRedis(url: string, options: RedisOptions = {}): Promise<RedisServer> {
  const server = new RedisServer(parseRedisUrl(url), options);
  const error = await server.firstOutcome();
  if (error === undefined || !isHopeless(error)) {
    server.begin();
    return server;
  }
  server.close();
  throw new TextEventError('ERR_STORE', `Cannot use Redis at ${server.shown}: ${server.reasonOf(error)}`, {
    cause: error,
  });
}

/** The connection of this process to Redis: runs scripts, listens to channels, and knows whether Redis can be used. */
export class RedisServer {
  /** How many slots of a cluster rooms are shared among; 1 without a cluster. */
  readonly partitions: number;
  /** Names the database in channels, which all databases of a server share. */
  readonly database: number;
  readonly #place: RedisPlace;
  readonly #durability: RedisDurability;
  readonly #patience: number;
  readonly #onState: (problem: string | undefined) => void;
  readonly #subscriptions = new RedisSubscriptions();
  readonly #beginners = new Set<() => void>();
  readonly #probing: NodeJS.Timeout;
  #driver: RedisDriver;
  /** What is being looked at and prepared. */
  #beginning: RedisDriver | undefined;
  #outcome: ((error?: unknown) => void) | undefined;
  /** Commands may be sent. */
  #isReady = false;
  /** WAITAOF that the writes of this turn share. */
  readonly #flushing = new Map<string, Promise<void>>();
  #waits = false;
  #problem: string | undefined = 'it is being connected to';
  #lastAnswer = Date.now();
  /** A command was answered once. */
  #wasReached = false;
  #isTold = false;
  #isClosed = false;

  constructor(place: RedisPlace, { durability = 'commit', patience = 4000, onState = () => {} }: RedisOptions) {
    this.#place = place;
    this.#durability = durability;
    this.#patience = patience;
    this.#onState = onState;
    this.partitions = place.kind === 'cluster' ? CLUSTER_PARTITIONS : 1;
    this.database = place.database;
    this.#driver = this.#drive();
    this.#probing = setInterval(() => void this.#probe(), PROBE_INTERVAL).unref();
  }

  /** Where it is, without user and password. */
  get shown(): string {
    return this.#place.shown;
  }

  /** Why it cannot be used, or cannot be written to; undefined where it can. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** What an error means, in words that name no user, password or address. */
  reasonOf(error: unknown): string {
    return reasonOf(error, this.#wasReached ? undefined : this.#place);
  }

  /** Resolves with what the first try ended with; with nothing where it succeeded, or takes too long. */
  firstOutcome(): Promise<unknown> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#setProblem('it does not answer');
        resolve(undefined);
      }, FIRST_PATIENCE);
      this.#outcome = (error) => {
        clearTimeout(timer);
        resolve(error);
      };
    });
  }

  /** From now on its state is told. */
  begin(): void {
    this.#isTold = true;
    if (this.#problem !== undefined) this.#onState(this.#problem);
  }

  /**
   * Runs a script on the server that has a key.
   * @throws RoomError unavailable; where no answer came, it may have been run all the same
   */
  async run(script: Script, key: string, args: readonly (string | number)[]): Promise<unknown> {
    if (!this.#isReady) throw unavailable(new Error(`Redis: ${this.#problem}`));
    try {
      return await this.#ask(key, ['EVALSHA', script.sha, '1', key, ...args.map(String)], this.#patience);
    } catch (error) {
      this.#noticeFailure(error, key);
      throw unavailable(error);
    }
  }

  /** Resolves when what was written before it in this turn is as durable as asked for. */
  async flush(key: string): Promise<void> {
    if (!this.#waits) return;
    const shared = this.#flushing.get(key) ?? this.#flushAtEndOfTurn(key);
    this.#flushing.set(key, shared);
    await shared;
  }

  /** Listens to a channel. Resolves when it does, or where it will as soon as there is a connection. */
  async subscribe(channel: string, listener: (message: string) => void): Promise<void> {
    this.#subscriptions.add(channel, listener);
    if (!this.#isReady) return;
    try {
      await this.#within(this.#driver.subscribe(channel, listener), this.#patience);
    } catch (error) {
      this.#subscriptions.failed();
      this.#noticeFailure(error, channel);
    }
  }

  /** Ends listening to a channel. */
  unsubscribe(channel: string): void {
    const listener = this.#subscriptions.remove(channel);
    // Where it fails a message may come now and then that nobody wants.
    if (listener && this.#isReady)
      this.#driver.unsubscribe(channel, listener).catch(() => this.#subscriptions.failed());
  }

  /** Tells each time when it is connected again, and messages may have been missed. Returns what ends it. */
  onConnected(listener: () => void): () => void {
    this.#beginners.add(listener);
    return () => this.#beginners.delete(listener);
  }

  close(): void {
    this.#isClosed = true;
    this.#isReady = false;
    this.#problem = 'it is closed';
    clearInterval(this.#probing);
    this.#driver.destroy();
  }

  #drive(): RedisDriver {
    const isCurrent = () => driver === this.#driver && !this.#isClosed;
    const driver: RedisDriver = driveRedis(this.#place, {
      ready: () => isCurrent() && void this.#begin(driver),
      lost: (error) => isCurrent() && this.#lost(error),
    });
    return driver;
  }

  #lost(error: unknown): void {
    // Sentinel and cluster tell of each of their connections: whether the whole can be used is for the probe to say.
    if (this.#place.kind === 'single') this.#isReady = false;
    this.#setProblem(this.reasonOf(error));
    this.#outcome?.(error);
  }

  async #begin(driver: RedisDriver): Promise<void> {
    if (this.#beginning === driver) return;
    this.#beginning = driver;
    try {
      const { waits } = await this.#within(checkServer(driver, this.#tag(0), this.#durability), this.#patience);
      this.#waits = waits;
      this.#wasReached = true;
      await this.#within(this.#load(driver), this.#patience);
      await this.#within(this.#subscriptions.take(driver), this.#patience);
      if (driver !== this.#driver || this.#isClosed) return;
      this.#isReady = true;
      this.#setProblem(undefined);
      this.#outcome?.();
      for (const listener of this.#beginners) listener();
      await this.#probe();
    } catch (error) {
      if (driver === this.#driver && !this.#isClosed) this.#lost(error);
    } finally {
      if (this.#beginning === driver) this.#beginning = undefined;
    }
  }

  async #load(driver: RedisDriver, keys = this.#tags()): Promise<void> {
    const loads = keys.flatMap((key) => SCRIPTS.map(({ text }) => driver.send(key, ['SCRIPT', 'LOAD', text])));
    await Promise.all(loads);
  }

  #tag(partition: number): string {
    return `{text-event:probe:${partition}}`;
  }

  #tags(): string[] {
    return Array.from({ length: this.partitions }, (_, i) => this.#tag(i));
  }

  /** Whether writes are taken: reading alone would not show a full server, or a replica. */
  async #probe(): Promise<void> {
    if (!this.#isReady) {
      this.#recycleWhenSilent();
      // It may be connected and have been found wanting: a setting of the server may have been changed since.
      const driver = this.#driver;
      driver.send(this.#tag(0), ['PING']).then(
        () => void this.#begin(driver),
        () => {},
      );
      return;
    }
    try {
      await Promise.all(
        this.#tags().map((key) => this.#ask(key, ['SET', `${key}:written`, '1', 'PX', '60000'], PROBE_PATIENCE)),
      );
      if (this.#isReady) this.#setProblem(undefined);
      void this.#subscriptions.mend(this.#driver);
    } catch (error) {
      this.#setProblem(this.reasonOf(error));
      this.#recycleWhenSilent();
    }
  }

  #recycleWhenSilent(): void {
    if (this.#isClosed || Date.now() - this.#lastAnswer < SILENCE) return;
    this.#lastAnswer = Date.now();
    this.#isReady = false;
    const before = this.#driver;
    this.#driver = this.#drive();
    before.destroy();
  }

  async #ask(key: string, command: string[], patience: number): Promise<unknown> {
    const stands = Date.now() - this.#lastAnswer > STANDSTILL;
    const answer = await this.#within(this.#driver.send(key, command, stands), patience);
    this.#lastAnswer = Date.now();
    return answer;
  }

  #within<T>(promise: Promise<T>, patience: number): Promise<T> {
    return new Promise((resolve, reject) => {
      // Where this process itself stood still, the answer may have come meanwhile: it is read first.
      const give = () => setImmediate(() => setImmediate(() => reject(new NoAnswer(patience))));
      const timer = setTimeout(give, patience);
      promise.finally(() => clearTimeout(timer)).then(resolve, reject);
    });
  }

  /** After all that is written in this turn. */
  async #flushAtEndOfTurn(key: string): Promise<void> {
    await endOfTurn();
    this.#flushing.delete(key);
    try {
      const [local] = (await this.#ask(
        key,
        ['WAITAOF', '1', '0', `${this.#patience}`],
        2 * this.#patience,
      )) as number[];
      if (local !== 1) throw new Error('it has not written to its disk in time');
    } catch (error) {
      throw unavailable(error);
    }
  }

  #noticeFailure(error: unknown, key: string): void {
    const { message } = error as Error;
    // Another server has taken over, or somebody has emptied its scripts.
    if (/NOSCRIPT/.test(message)) void this.#load(this.#driver, [key]).catch(() => {});
    else if (this.#isReady) this.#setProblem(this.reasonOf(error));
  }

  #setProblem(problem: string | undefined): void {
    if (problem === this.#problem || this.#isClosed) return;
    this.#problem = problem;
    if (this.#isTold) this.#onState(problem);
  }
}

const endOfTurn = promisify(setImmediate);
