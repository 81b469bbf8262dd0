import { accessSync, constants, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { TextEventError } from '../errors.ts';
import { allocateLock, lengthen } from './lmdb-files.ts';
import { transact } from './lmdb-transact.ts';

export interface StoreOptions {
  /** Flush to disk; without it what was written is safe from a process's end only, and a power cut may damage the files. @default true */
  readonly flush?: boolean;
}

/** An open LMDB environment. */
export interface Store {
  /** For reading and for opening databases. Write with `write`. */
  readonly root: RootDatabase;
  readonly flushes: boolean;
  /**
   * Runs an action in a write transaction, all of it or nothing. Resolves when what it did is flushed to disk.
   * @throws RoomError unavailable where it could not be committed; what the action throws is passed on
   */
  write<T>(action: () => T): Promise<T>;
  /** Resolves when everything written is on disk. What was opened several times is closed with the last. */
  close(): Promise<void>;
}

interface Shared {
  root: RootDatabase;
  users: number;
}

/** Environments that this process has open, by folder: two of one folder could wait for each other's write transaction. */
const shared = new Map<string, Shared>();

/**
 * Opens the LMDB environment of a folder, and makes it where there is none. Several processes may have it open, and one
 * process several times.
 * @throws TextEventError ERR_STORE where the folder cannot be written or the files are damaged
 */
export function openStore(folder: string, { flush = true }: StoreOptions = {}): Store {
  const path = resolve(folder);
  const environment = shared.get(path) ?? { root: openRoot(path, flush), users: 0 };
  shared.set(path, environment);
  environment.users++;
  const { root } = environment;
  return {
    root,
    flushes: flush,
    write: (action) => transact(root, action),
    close: () => closeStore(path, environment),
  };
}

async function closeStore(path: string, environment: Shared): Promise<void> {
  environment.users--;
  if (environment.users > 0) return;
  shared.delete(path);
  await environment.root.close();
}

function openRoot(folder: string, flush: boolean): RootDatabase {
  const file = join(folder, 'data.mdb');
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    allocateLock(join(folder, 'lock.mdb'));
    const suspect = lengthen(file);
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
    throw storeError(folder, file, error);
  }
}

/** Reads every value, so that a page that is missing is found now; lmdb itself takes one for the end. */
function readAll(root: RootDatabase): void {
  for (const name of [...root.getKeys()]) {
    if (typeof name !== 'string') continue;
    const database = root.openDB<Buffer>(name, { encoding: 'binary' });
    const { entryCount } = database.getStats() as { entryCount: number };
    let count = 0;
    for (const { value } of database.getRange()) {
      expectEnd(value);
      count++;
    }
    if (count !== entryCount) throw new Error(`${name} has ${count} entries of ${entryCount}`);
  }
}

/** Long values have pages of their own, of which the last may be missing: none of ours ends with a zero byte. */
function expectEnd(value: Buffer): void {
  if (value.length > 1024 && value.at(-1) === 0) throw new Error('a value has lost its end');
}

/** Codes of errors that are about the folder, not about what is in it; 2, 13 and 28 are how lmdb says the same. */
const ABOUT_THE_FOLDER: ReadonlySet<unknown> = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOENT',
  'ENOTDIR',
  'EEXIST',
  'ENOSPC',
  'EDQUOT',
  'EMFILE',
  2,
  13,
  28,
]);

function storeError(folder: string, file: string, cause: unknown): TextEventError {
  const code: unknown = (cause as NodeJS.ErrnoException).code;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = ABOUT_THE_FOLDER.has(code)
    ? `the room log cannot be kept in ${folder}: ${reason}; give DATA_DIR a folder that this user may write, with room on the disk`
    : `the room log ${file} is damaged: ${reason}; put a copy of ${folder} back, or move it away to begin with empty rooms`;
  return new TextEventError('ERR_STORE', message, { cause });
}
