import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DATA_FILE, LOCK_FILE, pageSizeOf, TRANSACTION } from './files.ts';

/** Where a lock file has its mark, and the newest transaction, on 64-bit machines. */
const MAGIC = 0xbeefc0de;
const LOCK_TRANSACTION = 8;

/** A write transaction began before another that is committed: it has to be given up and begun again. */
export class Outdated extends Error {}

/**
 * Keeps a write transaction from undoing another.
 *
 * All processes read in the lock file which transaction is the newest, and the next one begins from there. A process that opens
 * the environment sets that to what it read in the data file a moment before (`mdb_env_open2` of LMDB 1.0, which lmdb 3 brings). Where
 * another process commits in between, the next transaction would begin before that commit and take its place: what was
 * acknowledged would be gone. The data file knows better, and is asked in every write transaction.
 */
export class NewestTransaction {
  readonly #data: number;
  /** Open for as long as the environment: when a process closes a file, all locks go that it has on it, those of lmdb too. */
  readonly #lock: number;
  /** Where the two headers have their transaction. */
  readonly #places: readonly number[];
  readonly #bytes = Buffer.alloc(8);

  /** @param folder of an environment that is open */
  constructor(folder: string) {
    this.#lock = openSync(join(folder, LOCK_FILE), 'r+');
    this.#data = openSync(join(folder, DATA_FILE), 'r');
    this.#places = [TRANSACTION, pageSizeOf(this.#data) + TRANSACTION];
  }

  /**
   * Inside a write transaction, before anything else.
   * @param id of the transaction
   * @throws Outdated where it must not be committed; the next one begins from the newest
   */
  check(id: number): void {
    const newest = Math.max(...this.#places.map((place) => this.#read(this.#data, place)));
    if (id > newest) return;
    this.#repair(newest);
    throw new Outdated(`transaction ${id} began before ${newest} was committed`);
  }

  /** Once the environment is closed. */
  close(): void {
    closeSync(this.#data);
    closeSync(this.#lock);
  }

  /** Nobody else commits now: the transaction has the lock for that. */
  #repair(newest: number): void {
    readSync(this.#lock, this.#bytes, 0, 8, 0);
    if (this.#bytes.readUInt32LE(0) !== MAGIC) throw new Error('the lock file is of another version of LMDB');
    if (this.#read(this.#lock, LOCK_TRANSACTION) >= newest) return;
    this.#bytes.writeBigUInt64LE(BigInt(newest));
    writeSync(this.#lock, this.#bytes, 0, 8, LOCK_TRANSACTION);
  }

  #read(file: number, place: number): number {
    readSync(file, this.#bytes, 0, 8, place);
    return Number(this.#bytes.readBigUInt64LE());
  }
}
