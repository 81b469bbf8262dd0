import { randomInt } from 'node:crypto';
import type { Database, RootDatabase } from 'lmdb';

/** How many changes are kept for processes that have not looked yet. */
const RING_SIZE = 10_000;
/** Milliseconds between two looks at what other processes have done. */
const POLL_INTERVAL = 20;
/** Where the number of the newest change is; changes count from 1. */
const NEWEST = 0;

/** Told of a change, or that there were more than are kept, so that anything may have changed. */
export type ChangeListener<T> = (change: T | 'everything') => void;

/** A change, who made it, and its number among those of this maker. */
type Entry<T> = readonly [maker: number, change: T, serial: number];

/** Names a change that was recorded: whose transaction failed has left its place to another. */
export interface Mark {
  readonly number: number;
  readonly serial: number;
}

/**
 * What processes that share an LMDB environment tell each other: a ring of the newest changes, numbered in one sequence.
 *
 * A change is recorded in the write transaction that makes it, so that whoever is told of it can read it. Listeners hear
 * of other makers' changes in the order of their commits, within two poll intervals; the maker itself knows its own.
 */
export class Changes<T> {
  readonly #entries: Database<Entry<T> | number, number>;
  readonly #maker = randomInt(2 ** 47);
  readonly #size: number;
  readonly #listeners = new Set<ChangeListener<T>>();
  #serial = 0;
  #seen = 0;
  #poll: NodeJS.Timeout | undefined;

  /**
   * @param name of the database in the environment
   * @param size how many changes are kept
   */
  constructor(root: RootDatabase, name: string, size = RING_SIZE) {
    this.#entries = root.openDB(name, {});
    this.#size = size;
  }

  /** Adds a change to the write transaction that is under way, and takes the oldest out of the ring. */
  record(change: T): Mark {
    const number = this.#newest() + 1;
    const serial = ++this.#serial;
    this.#entries.putSync(number, [this.#maker, change, serial]);
    this.#entries.putSync(NEWEST, number);
    if (number > this.#size) this.#entries.removeSync(number - this.#size);
    return { number, serial };
  }

  /** Whether a change that was recorded here is committed. */
  isCommitted(mark: Mark): boolean {
    // Reads of one turn share a snapshot; without this it could be one from before the commit.
    this.#entries.resetReadTxn();
    // This is asked often, and the change itself may be long.
    return this.#newest() >= mark.number && this.isRecorded(mark);
  }

  /** The same as what is being read or written sees it. */
  isRecorded({ number, serial }: Mark): boolean {
    const entry = this.#entries.get(number) as Entry<T> | undefined;
    return entry !== undefined && entry[0] === this.#maker && entry[2] === serial;
  }

  /** Tells of each change that another maker commits from now on. Returns what ends it. */
  follow(listener: ChangeListener<T>): () => void {
    if (this.#poll === undefined) {
      this.#entries.resetReadTxn();
      this.#seen = this.#newest();
      this.#poll = setInterval(() => this.#look(), POLL_INTERVAL);
      this.#poll.unref();
    }
    // One of its own per call: the same function may follow twice.
    const own: ChangeListener<T> = (change) => listener(change);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size === 0) this.close();
    };
  }

  /** Ends all following; call it before the environment is closed. */
  close(): void {
    clearInterval(this.#poll);
    this.#poll = undefined;
    this.#listeners.clear();
  }

  /** Tells of what others have committed since the last look. */
  #look(): void {
    for (const change of this.#unseen()) this.#tell(change);
  }

  /** What cannot be read now is read at the next look: it must not end the process. */
  #unseen(): readonly (T | 'everything')[] {
    try {
      this.#entries.resetReadTxn();
      const newest = this.#newest();
      const changes = newest === this.#seen ? [] : this.#between(this.#seen, newest);
      this.#seen = newest;
      return changes;
    } catch {
      return [];
    }
  }

  #newest(): number {
    return (this.#entries.get(NEWEST) as number | undefined) ?? 0;
  }

  /** The changes of others after one and up to another. */
  #between(from: number, to: number): readonly (T | 'everything')[] {
    const changes: T[] = [];
    for (let number = from + 1; number <= to; number++) {
      const entry = this.#entries.get(number) as Entry<T> | undefined;
      if (entry === undefined) return ['everything'];
      if (entry[0] !== this.#maker) changes.push(entry[1]);
    }
    return changes;
  }

  #tell(change: T | 'everything'): void {
    for (const listener of this.#listeners) listener(change);
  }
}
