import { constants as access, accessSync, mkdirSync } from 'node:fs';
import { constants } from 'node:os';
import { join, resolve } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { TextEventError } from '../../errors.ts';
import { RoomError, unavailable } from '../room-error.ts';
import { allocateLock, DATA_FILE, LOCK_FILE, lengthen } from './files.ts';
import { FreeSpace } from './free-space.ts';
import { NewestTransaction } from './newest.ts';
import { Transactions } from './transact.ts';

/** Four times what one transaction of a log writes. */
const DEFAULT_RESERVE = 16 * 1024 ** 2;

export interface StoreOptions {
  /** Flush to disk; without it what was written is safe from a process's end only, and a power cut may damage the files. @default true */
  readonly flush?: boolean;
  /** Bytes of the disk that are left free: nothing is written below. @default 16 MiB */
  readonly reserve?: number | undefined;
}

/** An open LMDB environment. */
export interface Store {
  readonly folder: string;
  /** For reading. Write with `write`, and open databases inside of `writeSync`, which may have to make them. */
  readonly root: RootDatabase;
  readonly flushes: boolean;
  /**
   * Runs an action in a write transaction, all of it or nothing. Resolves when what it did is flushed to disk.
   * @throws RoomError unavailable where it could not be committed; what the action throws is passed on
   */
  write<T>(action: () => T): Promise<T>;
  /** The same at once, and never refused for want of room on the disk. */
  writeSync<T>(action: () => T): T;
  /** Resolves when everything written is on disk. What was opened several times is closed with the last. */
  close(): Promise<void>;
}

interface Shared {
  readonly root: RootDatabase;
  readonly newest: NewestTransaction;
  users: number;
}

/** Environments that this process has open, by folder: two of one folder could wait for each other's write transaction. */
const shared = new Map<string, Shared>();

/**
 * Opens the LMDB environment of a folder, and makes it where there is none. Several processes may have it open, and one
 * process several times.
 * @throws TextEventError ERR_STORE where the folder cannot be written or the files are damaged
 */
export function openStore(folder: string, { flush = true, reserve = DEFAULT_RESERVE }: StoreOptions = {}): Store {
  const path = resolve(folder);
  const environment = shared.get(path) ?? openEnvironment(path, flush);
  shared.set(path, environment);
  environment.users++;
  const { root, newest } = environment;
  const transactions = new Transactions(root, newest);
  const space = new FreeSpace(path, reserve);
  return {
    folder: path,
    root,
    flushes: flush,
    write(action) {
      const problem = space.problem();
      return problem ? Promise.reject(unavailable(problem)) : transactions.run(action);
    },
    writeSync: (action) => transactions.runSync(action),
    close: () => closeStore(path, environment),
  };
}

async function closeStore(path: string, environment: Shared): Promise<void> {
  environment.users--;
  if (environment.users > 0) return;
  shared.delete(path);
  await environment.root.close();
  environment.newest.close();
}

function openEnvironment(folder: string, flush: boolean): Shared {
  const root = openRoot(folder, flush);
  return { root, newest: new NewestTransaction(folder), users: 0 };
}

function openRoot(folder: string, flush: boolean): RootDatabase {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, access.R_OK | access.W_OK | access.X_OK);
    allocateLock(join(folder, LOCK_FILE));
    const suspect = lengthen(join(folder, DATA_FILE));
    const root = open({
      path: folder,
      noSubdir: false,
      maxDbs: 16,
      noSync: !flush,
      // With a write map a full disk would be a SIGBUS, which ends the process, in place of an error of a write.
      useWritemap: false,
      // Its own batches reject promises that nobody can get hold of when a commit fails, which ends the process.
      eventTurnBatching: false,
    });
    if (suspect) readAll(root);
    return root;
  } catch (error) {
    throw storeError(folder, error);
  }
}

/** As they are: whatever the keys of a database are, all of them come. */
const BYTES = { encoding: 'binary', keyEncoding: 'binary' } as const;

/** Reads every value, so that a page that is missing is found now; lmdb itself takes one for the end. */
function readAll(root: RootDatabase): void {
  try {
    const names = [...root.getKeys()];
    expectCount(root, names.length);
    for (const name of names) if (typeof name === 'string') readDatabase(root.openDB(name, BYTES));
  } catch (error) {
    void root.close();
    throw error;
  }
}

function readDatabase(database: Database<Buffer, Buffer>): void {
  let count = 0;
  for (const { value } of database.getRange()) {
    expectEnd(value);
    count++;
  }
  expectCount(database, count);
}

function expectCount(database: Database, count: number): void {
  const { entryCount } = database.getStats() as { entryCount: number };
  if (count !== entryCount) throw new Error(`${count} entries are left of ${entryCount}`);
}

/** Long values have pages of their own, of which the last may be missing: none of ours ends with a zero byte. */
function expectEnd(value: Buffer): void {
  if (value.length > 1024 && value.at(-1) === 0) throw new Error('a value has lost its end');
}

/** Codes of errors that are about the folder, not about what is in it; lmdb has numbers for them. */
const ABOUT_THE_FOLDER = [
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOENT',
  'ENOTDIR',
  'EEXIST',
  'ENOSPC',
  'EDQUOT',
  'EMFILE',
  'EIO',
] as const;
const folderCodes = new Set<unknown>([...ABOUT_THE_FOLDER, ...ABOUT_THE_FOLDER.map((code) => constants.errno[code])]);

/** Why a store cannot be used, and what to do; `reason` is what was thrown. */
export function storeError(folder: string, reason: unknown): TextEventError {
  const cause = reason instanceof RoomError ? reason.cause : reason;
  const { code, message = String(cause) } = cause as NodeJS.ErrnoException;
  const text = folderCodes.has(code)
    ? `the room log cannot be kept in ${folder}: ${message}; give DATA_DIR a folder that this user may write, with room on the disk`
    : `the room log ${join(folder, DATA_FILE)} is damaged: ${message}; put a copy of ${folder} back, or move it away to begin with empty rooms`;
  return new TextEventError('ERR_STORE', text, { cause });
}
