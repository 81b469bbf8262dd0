import { randomUUID } from 'node:crypto';
import type { Database } from 'lmdb';
import { fromPool, type Naming, withNumber } from '../names.ts';
import type { Arrival, LivingProcess, Members } from '../presence.ts';
import { GuestNumbers } from './presence-guests.ts';
import { type Key, LAST_NUMBER, LAST_TEXT, within } from './presence-key.ts';
import { isRunning, type ProcessMark } from './presence-machine.ts';
import { openStore, type Store } from './store.ts';

interface Member {
  /** The order of coming. */
  readonly turn: number;
  readonly holders: number;
  readonly grace: number;
  readonly wish?: string;
  readonly client?: string;
  /** When the grace is over; only where nobody holds the name. */
  readonly until?: number;
}

interface Lease {
  readonly mark: ProcessMark;
  readonly beat: number;
  /** What the process says of itself; none where it has said nothing yet, or is of an older version. */
  readonly description?: string;
}

/** What was told: room, change, name, and how many are in the room since. */
export type Change = [room: string, change: 'join' | 'leave', name: string, count: number];

/** Changes that are kept for processes that have not seen them yet. */
const CHANGES_KEPT = 10_000;

/**
 * Who is in which room, as tables that the processes of a machine share. All that changes something runs in `write`.
 * Times are milliseconds of one clock for all.
 */
export class PresenceTables {
  readonly #store: Store;
  /** By room and name. */
  readonly #members: Database<Member, Key>;
  /** Name by room and turn. */
  readonly #order: Database<string, Key>;
  /** Name by room and secret. */
  readonly #clients: Database<string, Key>;
  /** How many, by room. */
  readonly #counts: Database<number, string>;
  readonly #guests: GuestNumbers;
  /** End of the grace, room and name of those whom nobody holds. */
  readonly #idle: Database<true, Key>;
  /** How often a process holds a name, by process, room and name. */
  readonly #holds: Database<number, Key>;
  readonly #leases: Database<Lease, string>;
  readonly #changes: Database<Change, number>;
  /** Names this process, or rather this object. */
  readonly #self = randomUUID();
  readonly #mark: ProcessMark;
  /** What this process says of itself from its next beat on. */
  description: string | undefined;
  /** By process: its last beat that was seen, and how often it was seen again. */
  readonly #silent = new Map<string, { beat: number; looks: number }>();

  /** @throws TextEventError ERR_STORE where the folder cannot be used */
  constructor(folder: string, mark: ProcessMark) {
    this.#mark = mark;
    this.#store = openStore(folder, { flush: false });
    const { root } = this.#store;
    const table = <V, K extends Key | string | number = Key>(name: string) =>
      this.#store.writeSync(() => root.openDB<V, K>({ name }));
    this.#members = table('members');
    this.#order = table('order');
    this.#clients = table('clients');
    this.#counts = table('counts');
    this.#guests = new GuestNumbers(table('tops'), table('freed'));
    this.#idle = table('idle');
    this.#holds = table('holds');
    this.#leases = table('leases');
    this.#changes = table('changes');
  }

  /** Runs a change; all of it is stored, or where it throws nothing. */
  write<T>(change: () => T): T {
    return this.#store.writeSync(change);
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  members(room: string, limit: number): Members {
    this.#store.root.resetReadTxn();
    const inOrder = this.#order.getRange({ start: [room], end: [room, LAST_NUMBER], limit });
    return { names: [...inOrder].map(({ value }) => value), count: this.#counts.get(room) ?? 0 };
  }

  /** The number of the newest change. */
  newest(): number {
    this.#store.root.resetReadTxn();
    return this.#newest();
  }

  #newest(): number {
    const [number = 0] = this.#changes.getKeys({ reverse: true, limit: 1 });
    return number;
  }

  /** The changes after a number, in order. */
  changesAfter(number: number): Change[] {
    return [...this.#changes.getRange({ start: number + 1 })].map(({ value }) => value);
  }

  /** Takes the name of before, or else a free one. */
  enter(room: string, { wish, client, naming }: Arrival, grace: number): { name: string; returned: boolean } {
    const known = this.#returning(room, wish, client);
    const name = known ?? this.#freeName(room, wish, naming);
    const before = this.#members.get([room, name]);
    if (before?.until !== undefined) this.#idle.removeSync([before.until, room, name]);
    const turn = before?.turn ?? this.#newest() + 1;
    this.#members.putSync([room, name], {
      turn,
      grace,
      holders: (before?.holders ?? 0) + 1,
      ...(wish !== undefined && { wish }),
      ...(client !== undefined && { client }),
    });
    if (client !== undefined) this.#clients.putSync([room, client], name);
    const hold = [this.#self, room, name];
    this.#holds.putSync(hold, (this.#holds.get(hold) ?? 0) + 1);
    if (before) return { name, returned: true };
    this.#order.putSync([room, turn], name);
    this.#count(room, 'join', name, 1);
    return { name, returned: false };
  }

  /** The name that an arrival had before: by its secret and its wish, or one without a secret that was just left. */
  #returning(room: string, wish: string | undefined, client: string | undefined): string | undefined {
    const known = client === undefined ? undefined : this.#clients.get([room, client]);
    if (known !== undefined && this.#members.get([room, known])?.wish === wish) return known;
    const named = wish === undefined ? undefined : this.#members.get([room, wish]);
    return named?.client === undefined && named?.holders === 0 ? wish : undefined;
  }

  #freeName(room: string, wish: string | undefined, naming: Naming): string {
    const isTaken = (name: string) => this.#members.doesExist([room, name]);
    if (wish !== undefined) return withNumber(wish, isTaken);
    return fromPool(naming, isTaken) ?? this.#guests.take(room, naming, isTaken);
  }

  /** Ends one holding of this process. */
  leave(room: string, name: string, now: number): void {
    this.#letGo([this.#self, room, name], 1, now, now);
  }

  #letGo(hold: Key, times: number, since: number, now: number): void {
    const [, room, name] = hold as [string, string, string];
    const held = this.#holds.get(hold);
    const member = this.#members.get([room, name]);
    // Another process took this one for dead.
    if (held === undefined || member === undefined) return;
    if (held > times) this.#holds.putSync(hold, held - times);
    else this.#holds.removeSync(hold);
    const holders = member.holders - times;
    const until = since + member.grace;
    if (holders === 0 && until <= now) this.#remove(room, name, member);
    else if (holders > 0) this.#members.putSync([room, name], { ...member, holders });
    else {
      this.#members.putSync([room, name], { ...member, holders, until });
      this.#idle.putSync([until, room, name], true);
    }
  }

  #remove(room: string, name: string, { turn, client, until }: Member): void {
    this.#members.removeSync([room, name]);
    this.#order.removeSync([room, turn]);
    if (client !== undefined && this.#clients.get([room, client]) === name) this.#clients.removeSync([room, client]);
    if (until !== undefined) this.#idle.removeSync([until, room, name]);
    this.#guests.giveBack(room, name);
    this.#count(room, 'leave', name, -1);
  }

  #count(room: string, change: 'join' | 'leave', name: string, by: 1 | -1): void {
    const count = (this.#counts.get(room) ?? 0) + by;
    if (count > 0) this.#counts.putSync(room, count);
    else {
      this.#counts.removeSync(room);
      this.#guests.forget(room);
    }
    const number = this.#newest() + 1;
    this.#changes.putSync(number, [room, change, name, count]);
    this.#changes.removeSync(number - CHANGES_KEPT);
  }

  /** Lets go of those whose grace is over, at most `limit` of them; returns whether there is more. */
  sweep(now: number, limit: number): boolean {
    const over = [...this.#idle.getKeys({ end: [now, LAST_TEXT], limit })];
    for (const key of over) {
      const [, room, name] = key as [number, string, string];
      const member = this.#members.get([room, name]);
      if (member) this.#remove(room, name, member);
    }
    return over.length === limit;
  }

  /** When the next grace is over. */
  nextSweep(): number | undefined {
    this.#store.root.resetReadTxn();
    const [next] = this.#idle.getKeys({ limit: 1 });
    return next === undefined ? undefined : Number(next[0]);
  }

  /** Those that have described themselves. */
  processes(now: number): LivingProcess[] {
    this.#store.root.resetReadTxn();
    return [...this.#leases.getRange({})].flatMap(({ value: { description, beat } }) =>
      description === undefined ? [] : [{ description, age: Math.max(0, now - beat) }],
    );
  }

  /**
   * Says that this process lives, and lets go of what those held that do not, at most `limit` names.
   * @param mostLooks beats of this process after which one that cannot be judged otherwise is taken for dead by its silence
   * @returns whether there is more to let go of
   */
  beat(now: number, mostLooks: number, limit: number): boolean {
    const { description } = this;
    this.#leases.putSync(this.#self, {
      mark: this.#mark,
      beat: now,
      ...(description !== undefined && { description }),
    });
    for (const { key, value } of [...this.#leases.getRange({})]) {
      const alive = isRunning(value.mark) ?? this.#looksInVain(key, value.beat) < mostLooks;
      if (!alive && this.#bury(key, value.beat, now, limit)) return true;
    }
    return false;
  }

  /** Looks are counted, not time: after a pause of the whole machine everybody has been silent. */
  #looksInVain(holder: string, beat: number): number {
    const before = this.#silent.get(holder);
    const looks = before?.beat === beat ? before.looks + 1 : 0;
    this.#silent.set(holder, { beat, looks });
    return looks;
  }

  /** Lets go of what this process holds, at most `limit` names; returns whether there is more. */
  giveUp(now: number, limit: number): boolean {
    return this.#bury(this.#self, now, now, limit);
  }

  #bury(holder: string, since: number, now: number, limit: number): boolean {
    const holds = [...this.#holds.getRange({ ...within(holder), limit })];
    for (const { key, value } of holds) this.#letGo(key, value, since, now);
    if (holds.length === limit) return true;
    this.#leases.removeSync(holder);
    this.#silent.delete(holder);
    return false;
  }
}
