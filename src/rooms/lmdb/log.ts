import type { Appended, EventLog, GrowthListener, LogSize, Page, Publication } from '../event-log.ts';
import {
  durableLimits,
  type LogLimits,
  type LogOptions,
  type LogSettings,
  liveLimits,
  logSettings,
} from '../log-limits.ts';
import type { Position } from '../position.ts';
import { RoomError, unavailable } from '../room-error.ts';
import { bootId, liveFolder, markClean, noticeBoot, unmarkClean } from './boot.ts';
import { Changes, type Mark } from './changes.ts';
import { Commits, type Done } from './commits.ts';
import { PublicationKeys } from './keys.ts';
import { readPage } from './page.ts';
import { type LogTables, nameKey, openTables, type RoomRecord, sizeOf, toRecord } from './records.ts';
import { openStore, type Store, storeError } from './store.ts';
import { Sweeper } from './sweep.ts';
import { type Answer, type Growth, LmdbWriter, type Outcome, type Request } from './writer.ts';

/** Milliseconds after which an empty room that is asked for is noted as not idle. */
const IDLE_STEP = 60_000;

export interface LmdbLogOptions extends LogOptions {
  /**
   * When an append resolves: `commit` when the end of the process cannot take the event back, `flush` when a power cut
   * cannot either. @default commit
   */
  readonly durability?: 'commit' | 'flush';
  /** Milliseconds until what waits for its turn to write is refused as unavailable. @default 10_000 */
  readonly patience?: number;
  /** Bytes of the disk that are left free; below that appends are refused as unavailable. @default 16 MiB */
  readonly reserve?: number;
  /** Names the time since the machine's start. @default the one of the system */
  readonly boot?: string;
}

/**
 * Opens the log of a folder, which is shared with every process that has it open. Room limits' defaults are those of durable rooms.
 * @throws TextEventError ERR_STORE where the folder cannot be written or the log is damaged
 */
export async function openLmdbLog(folder: string, options: LmdbLogOptions = {}): Promise<EventLog> {
  return begin(openStore(folder, { reserve: options.reserve }), options, durableLimits);
}

/**
 * Opens the log of a folder for what has to outlive a reload, not the machine: nothing is flushed to disk, little is kept, and with
 * a new start of the machine it is empty. Room limits' defaults are those of live rooms.
 * @throws TextEventError ERR_STORE where the folder cannot be written
 */
export async function openLiveLog(
  folder: string,
  { boot = bootId(), ...rest }: LmdbLogOptions = {},
): Promise<EventLog> {
  return begin(
    openStore(liveFolder(folder, boot), { flush: false, reserve: rest.reserve }),
    { boot, ...rest },
    liveLimits,
  );
}

async function begin(store: Store, options: LmdbLogOptions, limits: LogLimits): Promise<EventLog> {
  const { durability = 'commit', patience = 10_000, boot = bootId(), ...rest } = options;
  try {
    const log = new LmdbLog(store, logSettings(rest, limits), durability === 'flush', patience);
    await log.begin(boot);
    return log;
  } catch (error) {
    await store.close();
    throw storeError(store.folder, error);
  }
}

class LmdbLog implements EventLog {
  readonly #store: Store;
  readonly #settings: LogSettings;
  readonly #tables: LogTables;
  readonly #changes: Changes<Growth>;
  readonly #keys: PublicationKeys;
  readonly #commits: Commits<Request, Outcome>;
  readonly #sweeper: Sweeper;
  readonly #flush: boolean;
  readonly #listeners = new Set<GrowthListener>();
  /** Of the last transaction that wrote. */
  #mark: Mark | undefined;
  #isClosed = false;

  constructor(store: Store, settings: LogSettings, flush: boolean, patience: number) {
    this.#store = store;
    this.#settings = settings;
    this.#flush = flush;
    this.#tables = store.writeSync(() => openTables(store.root));
    this.#changes = store.writeSync(() => new Changes(store.root, 'changes'));
    this.#keys = new PublicationKeys(this.#tables);
    this.#commits = new Commits(store, { bytesOf: lengthOf, apply: (requests) => this.#apply(requests), patience });
    this.#sweeper = new Sweeper(store, this.#tables, settings, () => this.#writer());
  }

  async begin(boot: string): Promise<void> {
    await this.#store.write(() => noticeBoot(this.#tables, boot));
    this.#sweeper.start();
  }

  async append(room: string, publication: Publication): Promise<Appended> {
    const { result, event } = await this.#ask({ room, publication });
    if (event !== undefined)
      for (const listener of this.#listeners) listener(room, event.offset, event, result.position.epoch);
    return result;
  }

  async read(room: string, after: Position | undefined, limit: number, maxBytes = Infinity): Promise<Page> {
    let life = this.#find(room);
    // A place beyond the head: of a client who made it up, or because lmdb shows, for a moment, what was before the newest commit.
    if (life !== undefined && after?.epoch === life.epoch && after.offset > life.head) {
      await this.#ask({ room });
      life = this.#find(room);
    }
    while (life === undefined) {
      await this.#ask({ room });
      life = this.#find(room);
    }
    return readPage(this.#tables, life, { after, limit, maxBytes });
  }

  async head(room: string): Promise<Position> {
    const life = this.#find(room);
    if (life !== undefined && !this.#looksIdle(life)) return { epoch: life.epoch, offset: life.head };
    const { result } = await this.#ask({ room });
    return result.position;
  }

  follow(listener: GrowthListener): () => void {
    const own: GrowthListener = (...growth) => listener(...growth);
    this.#listeners.add(own);
    const unfollow = this.#changes.follow((change) => {
      for (const [room, head, epoch] of change === 'everything' ? this.#heads() : change)
        own(room, head, undefined, epoch);
    });
    return () => {
      this.#listeners.delete(own);
      unfollow();
    };
  }

  size(): LogSize {
    if (this.#isClosed) throw unavailable(new Error('the log is closed'));
    return sizeOf(this.#tables);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#sweeper.stop();
    this.#changes.close();
    this.#listeners.clear();
    await this.#commits.settled();
    if (this.#store.flushes) await this.#markClosed();
    await this.#store.close();
  }

  /** Where it cannot be written, rooms begin another epoch after the machine's next start, and lose nothing by it. */
  async #markClosed(): Promise<void> {
    try {
      await this.#store.write(() => markClean(this.#tables));
    } catch (error) {
      if (!(error instanceof RoomError)) throw error;
    }
  }

  async #ask(request: Request): Promise<Answer> {
    if (this.#isClosed) throw unavailable(new Error('the log is closed'));
    const outcome = await this.#commits.ask(request);
    if (outcome.error !== undefined) throw outcome.error;
    return outcome;
  }

  /** Inside a write transaction. */
  #apply(requests: readonly Request[]): Done<Outcome> {
    const wasClean = unmarkClean(this.#tables);
    const { outcomes, mark } = this.#write(requests);
    // Without the mark's end on disk, a power cut would leave a log that looks closed and has lost what follows.
    if (this.#flush || wasClean || mark === undefined) return { outcomes };
    return { outcomes, isVisible: () => this.#changes.isCommitted(mark) };
  }

  /** A transaction is known to have failed when another takes its place. */
  #write(requests: readonly Request[]): ReturnType<LmdbWriter['apply']> {
    if (this.#mark !== undefined && !this.#changes.isRecorded(this.#mark)) this.#keys.forget();
    try {
      const written = this.#writer().apply(requests);
      this.#mark = written.mark ?? this.#mark;
      return written;
    } catch (error) {
      this.#keys.forget();
      throw error;
    }
  }

  #writer(): LmdbWriter {
    return new LmdbWriter({
      tables: this.#tables,
      keys: this.#keys,
      settings: this.#settings,
      changes: this.#changes,
    });
  }

  /** The room as it is committed now, by any process. */
  #find(name: string): RoomRecord | undefined {
    if (this.#isClosed) throw unavailable(new Error('the log is closed'));
    try {
      this.#tables.rooms.resetReadTxn();
      const stored = this.#tables.rooms.get(nameKey(name));
      return stored && toRecord(stored);
    } catch (error) {
      throw unavailable(error);
    }
  }

  #looksIdle({ idleSince }: RoomRecord): boolean {
    return idleSince > 0 && this.#settings.now() - idleSince > IDLE_STEP;
  }

  *#heads(): Generator<readonly [room: string, head: number, epoch: string]> {
    for (const { value } of this.#tables.rooms.getRange()) {
      const { name, head, epoch } = toRecord(value);
      yield [name, head, epoch];
    }
  }
}

function lengthOf({ publication }: Request): number {
  return publication?.text.length ?? 0;
}
