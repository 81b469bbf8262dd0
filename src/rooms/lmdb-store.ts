import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { TextEventError } from '../errors.ts';
import { lengthen } from './lmdb-header.ts';

export interface StoreOptions {
  /** Flush to disk; without it what was written is safe from a process's end only, and a power cut may damage the files. @default true */
  readonly flush?: boolean;
}

/**
 * Opens the LMDB environment of a folder, and makes it where there is none. Several processes may have it open, and one
 * process several times.
 * @throws TextEventError ERR_STORE where the folder cannot be written or the files are damaged
 */
export function openStore(folder: string, { flush = true }: StoreOptions = {}): RootDatabase {
  const file = join(folder, 'data.mdb');
  try {
    mkdirSync(folder, { recursive: true });
    const suspect = lengthen(file);
    // Without a write map a full disk is an error of a write; with one it would be a SIGBUS, which ends the process.
    const root = open({ path: folder, noSubdir: false, maxDbs: 16, useWritemap: false, noSync: !flush });
    if (suspect) readAll(root);
    return root;
  } catch (error) {
    throw storeError(folder, file, error);
  }
}

/** Reads every value, so that a page that is missing is found now. */
function readAll(root: RootDatabase): void {
  const names = [...root.getKeys()].filter((name) => typeof name === 'string');
  for (const name of names) {
    for (const { value } of root.openDB(name, { encoding: 'binary' }).getRange()) expectEnd(value as Buffer);
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
