import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Arrival,
  DEFAULT_GRACE,
  type LivingProcess,
  type Members,
  type Membership,
  type Presence,
  type PresenceListener,
} from '../presence.ts';
import { RoomError } from '../room-error.ts';
import { bootId } from './boot.ts';
import { FreeSpace } from './free-space.ts';
import { machineTime, ownMark, type ProcessMark } from './presence-machine.ts';
import { PresenceTables } from './presence-tables.ts';

/** Durations in milliseconds. */
export interface LmdbPresenceOptions {
  /** How long a name stays taken when its owner has left, where an arrival does not say. @default 10,000 */
  readonly grace?: number;
  /** How often a process says that it lives, and looks whether the others do. @default 1,000 */
  readonly beatInterval?: number;
  /** After this silence a process of another container is taken for dead; one of the same is known to run or not. @default 5,000 */
  readonly deadAfter?: number;
  /** How other processes can tell whether this one runs. @default what the system says */
  readonly mark?: ProcessMark;
}

/** Milliseconds between two looks at what other processes have done. */
const POLL_INTERVAL = 20;
/** What one transaction does at most, so that neither this process nor the others wait for long. */
const MOST_AT_ONCE = 500;
/** Bytes of the disk that are left free. */
const RESERVE = 8 * 1024 ** 2;

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
  const tables = new PresenceTables(join(folder, boot), options.mark ?? ownMark());
  for (const name of readdirSync(folder)) {
    if (/^[0-9a-f-]{36}$/.test(name) && name !== boot) rmSync(join(folder, name), { recursive: true, force: true });
  }
  return new LmdbPresence(tables, folder, options);
}

class LmdbPresence implements Presence {
  readonly #tables: PresenceTables;
  readonly #space: FreeSpace;
  readonly #grace: number;
  readonly #mostLooks: number;
  readonly #listeners = new Set<PresenceListener>();
  readonly #beat: NodeJS.Timeout;
  readonly #poll: NodeJS.Timeout;
  #sweep: NodeJS.Timeout | undefined;
  #tasks: Task[] = [];
  #flushing: NodeJS.Immediate | undefined;
  #seen: number;
  #most = MOST_AT_ONCE;
  #closed = false;

  constructor(
    tables: PresenceTables,
    folder: string,
    { grace = DEFAULT_GRACE, beatInterval = 1000, deadAfter = 5000 }: LmdbPresenceOptions,
  ) {
    this.#tables = tables;
    this.#space = new FreeSpace(folder, RESERVE);
    this.#grace = grace;
    this.#mostLooks = Math.ceil(deadAfter / beatInterval);
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

  describe(text: string): void {
    this.#tables.description = text;
  }

  async processes(): Promise<readonly LivingProcess[]> {
    try {
      return this.#tables.processes(machineTime());
    } catch (cause) {
      throw unavailable(cause);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    clearInterval(this.#beat);
    clearInterval(this.#poll);
    while (this.#tasks.length > 0 && this.#runTasks());
    this.#closed = true;
    clearTimeout(this.#sweep);
    clearImmediate(this.#flushing);
    this.#listeners.clear();
    // What cannot be stored is done by the next process that finds this one gone.
    while (this.#write((most) => this.#tables.giveUp(machineTime(), most)) === true);
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

  /** Returns whether some of what waits is stored. */
  #runTasks(): boolean {
    const stored = this.#write((most) => {
      const tasks = this.#tasks.slice(0, most);
      return tasks.map((task) => task.run());
    });
    if (stored instanceof Failure) {
      for (const task of this.#tasks.splice(0)) task.failed(stored.cause);
      return false;
    }
    this.#tasks.splice(0, stored.length);
    this.#tell();
    for (const done of stored) done();
    this.#awaitGraces();
    return true;
  }

  /** Says that this process lives, lets go of those that do not, and of those whose grace is over. */
  #keepUp(): void {
    this.#letGo((most) => this.#tables.beat(machineTime(), this.#mostLooks, most));
    this.#letGo((most) => this.#tables.sweep(machineTime(), most));
    if (this.#tasks.length > 0) this.#flushing ??= setImmediate(() => this.#flush());
  }

  /** Runs a change that says whether there is more to do; that comes in a turn of its own. */
  #letGo(some: (most: number) => boolean): void {
    if (this.#closed) return;
    const more = this.#write(some);
    this.#tell();
    if (more === true) setImmediate(() => this.#letGo(some));
    // Where it failed, the next beat tries again.
    else if (more === false) this.#awaitGraces();
  }

  #awaitGraces(): void {
    clearTimeout(this.#sweep);
    const next = this.#read(() => this.#tables.nextSweep());
    if (next === undefined || this.#closed) return;
    const sweep = () => this.#letGo((most) => this.#tables.sweep(machineTime(), most));
    this.#sweep = setTimeout(sweep, Math.max(next - machineTime(), 0)).unref();
  }

  /** Runs a change in a transaction, with less in it after one that failed: on a full disk a small one may yet have room. */
  #write<T>(change: (most: number) => T): T | Failure {
    const problem = this.#space.problem();
    if (problem) return new Failure(problem);
    for (;;) {
      const most = this.#most;
      try {
        const result = this.#tables.write(() => change(most));
        this.#most = Math.min(2 * most, MOST_AT_ONCE);
        return result;
      } catch (cause) {
        this.#most = Math.ceil(most / 8);
        if (most === 1) return new Failure(cause);
      }
    }
  }

  #tell(): void {
    const changes = this.#read(() => {
      const newest = this.#tables.newest();
      const unseen = newest === this.#seen ? [] : this.#tables.changesAfter(this.#seen);
      this.#seen = newest;
      return unseen;
    });
    for (const change of changes ?? []) for (const listener of this.#listeners) listener(...change);
  }

  /** What cannot be read now is read at the next beat or look: it must not end the process. */
  #read<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch {
      return undefined;
    }
  }
}

/** What was to be stored was not. */
class Failure {
  readonly cause: unknown;

  constructor(cause: unknown) {
    this.cause = cause;
  }
}

function unavailable(cause: unknown): RoomError {
  return new RoomError('unavailable', 'who is in the room cannot be stored now, try again later', { cause });
}
