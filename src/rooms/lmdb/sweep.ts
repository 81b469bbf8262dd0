import { setImmediate } from 'node:timers/promises';
import type { LogSettings } from '../log-limits.ts';
import { eventKey, type LogTables, type RoomRecord, toRecord } from './records.ts';
import type { Store } from './store.ts';
import type { LmdbWriter } from './writer.ts';

/** Rooms looked at in one turn of the event loop. */
const ROOMS_AT_ONCE = 500;
/** Events dropped in one write transaction. */
const EVENTS_AT_ONCE = 500;

/** Drops events that are too old, a few at a time. */
export class Sweeper {
  readonly #store: Store;
  readonly #tables: LogTables;
  readonly #settings: LogSettings;
  readonly #writer: () => LmdbWriter;
  #timer: NodeJS.Timeout | undefined;
  #sweep: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(store: Store, tables: LogTables, settings: LogSettings, writer: () => LmdbWriter) {
    this.#store = store;
    this.#tables = tables;
    this.#settings = settings;
    this.#writer = writer;
  }

  start(): void {
    if (this.#settings.maxAge === Infinity) return;
    this.#timer = setTimeout(() => {
      this.#sweep = this.#run();
    }, this.#settings.sweepInterval);
    this.#timer.unref();
  }

  /** Resolves when no sweep is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#sweep;
  }

  async #run(): Promise<void> {
    try {
      await this.#rooms(this.#settings.now() - this.#settings.maxAge);
    } catch {
      // A store that cannot be written now is swept the next time.
    }
    if (!this.#isStopped) this.start();
  }

  async #rooms(before: number): Promise<void> {
    let last: Buffer | undefined;
    do {
      const rooms = this.#after(last);
      last = rooms.length < ROOMS_AT_ONCE ? undefined : rooms.at(-1)?.key;
      const names = rooms.filter(({ room }) => this.#hasOlder(room, before)).map(({ room }) => room.name);
      await this.#expire(names, before);
      await setImmediate();
    } while (last !== undefined && !this.#isStopped);
  }

  #after(last: Buffer | undefined): { key: Buffer; room: RoomRecord }[] {
    const range = this.#tables.rooms.getRange({
      ...(last && { start: last, exclusiveStart: true }),
      limit: ROOMS_AT_ONCE,
    });
    return [...range].map(({ key, value }) => ({ key, room: toRecord(value) }));
  }

  #hasOlder({ number, first, head }: RoomRecord, before: number): boolean {
    if (first > head) return false;
    const oldest = this.#tables.events.get(eventKey(number, first));
    return oldest !== undefined && oldest[0] < before;
  }

  async #expire(names: readonly string[], before: number): Promise<void> {
    let isMore = names.length > 0;
    while (isMore && !this.#isStopped) {
      isMore = await this.#store.write(() => this.#writer().expire(names, before, EVENTS_AT_ONCE));
    }
  }
}
