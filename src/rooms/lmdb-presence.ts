import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bootId, machineTime } from './lmdb-presence-process.ts';
import { type Change, PresenceTables } from './lmdb-presence-tables.ts';
import {
  type Arrival,
  DEFAULT_GRACE,
  type Members,
  type Membership,
  type Presence,
  type PresenceListener,
} from './presence.ts';
import { RoomError } from './room-error.ts';

/** All in milliseconds. */
export interface LmdbPresenceOptions {
  /** How long a name stays taken when its owner has left, where an arrival does not say. @default 10,000 */
  readonly grace?: number;
  /** How often a process says that it lives, and looks whether the others do. @default 1,000 */
  readonly beatInterval?: number;
  /** After this silence a process of another container is taken for dead; one of the same is known to run or not. @default 5,000 */
  readonly deadAfter?: number;
}

/** Milliseconds between two looks at what other processes have done. */
const POLL_INTERVAL = 20;
/** What one transaction does at most, so that neither this process nor the others wait for long. */
const MOST_AT_ONCE = 500;

/** A change that waits for the next transaction; `done` is called when it is stored. */
interface Task {
  run(): () => void;
  failed(error: unknown): void;
}

/**
 * Opens who is in which room, for all processes of this machine.
 * @param folder its own; what an earlier life of the machine left there is deleted
 * @throws TextEventError ERR_STORE where the folder cannot be used
 */
export function openLmdbPresence(folder: string, options: LmdbPresenceOptions = {}): Presence {
  // Nobody who was here before a restart of the machine is here now, and the files may not have reached the disk.
  const boot = bootId();
  const tables = new PresenceTables(join(folder, boot));
  for (const name of readdirSync(folder)) {
    if (/^[0-9a-f-]{36}$/.test(name) && name !== boot) rmSync(join(folder, name), { recursive: true, force: true });
  }
  return new LmdbPresence(tables, options);
}

class LmdbPresence implements Presence {
  readonly #tables: PresenceTables;
  readonly #grace: number;
  readonly #deadAfter: number;
  readonly #listeners = new Set<PresenceListener>();
  readonly #beat: NodeJS.Timeout;
  readonly #poll: NodeJS.Timeout;
  #sweep: NodeJS.Timeout | undefined;
  #tasks: Task[] = [];
  #flushing: NodeJS.Immediate | undefined;
  #seen: number;
  #closed = false;

  constructor(
    tables: PresenceTables,
    { grace = DEFAULT_GRACE, beatInterval = 1000, deadAfter = 5000 }: LmdbPresenceOptions,
  ) {
    this.#tables = tables;
    this.#grace = grace;
    this.#deadAfter = deadAfter;
    this.#seen = tables.newest();
    // Those who died are let go before anybody comes.
    this.#keepUp();
    this.#beat = setInterval(() => this.#keepUp(), beatInterval).unref();
    this.#poll = setInterval(() => this.#tell(), POLL_INTERVAL).unref();
  }

  enter(room: string, arrival: Arrival): Promise<Membership> {
    return new Promise((resolve, reject) => {
      const run = () => {
        const { name, returned } = this.#tables.enter(room, arrival, arrival.grace ?? this.#grace);
        return () => resolve({ name, returned, leave: this.#leaver(room, name) });
      };
      this.#do({ run, failed: (cause) => reject(unavailable(cause)) });
    });
  }

  #leaver(room: string, name: string): () => void {
    let left = false;
    const leave: Task = {
      run: () => {
        this.#tables.leave(room, name, machineTime());
        return () => {};
      },
      // At the next beat again: the name must not stay taken.
      failed: () => this.#tasks.push(leave),
    };
    return () => {
      if (!left) this.#do(leave);
      left = true;
    };
  }

  async members(room: string, limit: number): Promise<Members> {
    try {
      return this.#tables.members(room, limit);
    } catch (cause) {
      throw unavailable(cause);
    }
  }

  follow(listener: PresenceListener): () => void {
    // Not what came before it.
    this.#tell();
    const own: PresenceListener = (...change) => listener(...change);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    clearInterval(this.#beat);
    clearInterval(this.#poll);
    while (this.#tasks.length > 0 && this.#runTasks());
    this.#closed = true;
    clearTimeout(this.#sweep);
    clearImmediate(this.#flushing);
    this.#try(() => this.#tables.giveUp(machineTime()));
    this.#listeners.clear();
    await this.#tables.close();
  }

  /** At the end of this turn, in one transaction with what else comes in it. */
  #do(task: Task): void {
    if (this.#closed) {
      task.failed(new Error('it is closed'));
      return;
    }
    this.#tasks.push(task);
    this.#flushing ??= setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = undefined;
    if (this.#runTasks() && this.#tasks.length > 0) this.#flushing = setImmediate(() => this.#flush());
  }

  /** Returns whether they are stored; where not, those that must be are tried again with the next. */
  #runTasks(): boolean {
    const tasks = this.#tasks.splice(0, MOST_AT_ONCE);
    const stored = this.#try(
      () => tasks.map((task) => task.run()),
      (error) => {
        for (const task of tasks) task.failed(error);
      },
    );
    this.#tell();
    for (const done of stored ?? []) done();
    return stored !== undefined;
  }

  #keepUp(): void {
    const more = this.#try(() => this.#tables.beat(machineTime(), this.#deadAfter, MOST_AT_ONCE));
    if (this.#tasks.length > 0) this.#flushing ??= setImmediate(() => this.#flush());
    if (more) setImmediate(() => this.#closed || this.#keepUp());
    this.#tell();
  }

  /** Changes the tables, and sees to it that those whose grace ends are let go in time. */
  #try<T>(change: () => T, failed?: (error: unknown) => void): T | undefined {
    try {
      const [result, next] = this.#tables.write(() => [change(), this.#tables.sweep(machineTime(), MOST_AT_ONCE)]);
      clearTimeout(this.#sweep);
      if (next !== undefined && !this.#closed) this.#sweepAt(next);
      return result;
    } catch (error) {
      failed?.(error);
      return undefined;
    }
  }

  #sweepAt(time: number): void {
    const sweep = () => {
      this.#try(() => {});
      this.#tell();
    };
    this.#sweep = setTimeout(sweep, Math.max(time - machineTime(), 0)).unref();
  }

  #tell(): void {
    const changes = this.#unseen();
    for (const change of changes) for (const listener of this.#listeners) listener(...change);
  }

  /** What cannot be read now is read at the next look: it must not end the process. */
  #unseen(): readonly Change[] {
    try {
      const newest = this.#tables.newest();
      const changes = newest === this.#seen ? [] : this.#tables.changesAfter(this.#seen);
      this.#seen = newest;
      return changes;
    } catch {
      return [];
    }
  }
}

function unavailable(cause: unknown): RoomError {
  return new RoomError('unavailable', 'who is in the room cannot be stored now, try again later', { cause });
}
