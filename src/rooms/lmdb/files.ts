import {
  appendFileSync,
  closeSync,
  existsSync,
  fstatSync,
  linkSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';

/** The names that LMDB gives its files. */
export const DATA_FILE = 'data.mdb';
export const LOCK_FILE = 'lock.mdb';

/** Bytes at the beginning of a data file that tell its page size and where its pages end. */
const HEADER_BYTES = 168;
/** Offsets in a header, of LMDB's data format 2 on 64-bit machines. */
const MAGIC = 24;
const VERSION = 28;
const PAGE_SIZE = 48;
const LAST_PAGE = 144;
export const TRANSACTION = 152;
/** What may be missing without being damage is less: pages at the end that were taken and given back in one transaction. */
const MOST_MISSING = 64 * 1024 ** 2;

/** Places for 254 readers; lmdb takes what the file has. */
const LOCK_BYTES = 16_384;

interface Header {
  pageSize: number;
  lastPage: number;
  transaction: bigint;
}

/**
 * Makes a data file as long as its header says, so that reading it cannot end the process with SIGBUS.
 * @returns whether it was shorter, so that it may be damaged
 * @throws Error where it is no data file, or so short that it is damaged
 */
export function lengthen(file: string): boolean {
  const expected = expectedBytes(file);
  if (expected === undefined) return false;
  const missing = expected.bytes - expected.size;
  if (missing <= 0) return false;
  if (missing > MOST_MISSING) throw new Error(`it has ${expected.size} bytes of ${expected.bytes}`);
  // Appending, not ftruncate: another process may be making it longer now.
  appendFileSync(file, Buffer.alloc(missing));
  return true;
}

/**
 * Makes the lock file, where there is none, of bytes that are on the disk: lmdb would make it of a hole, and writing into that
 * when the disk is full ends the process with SIGBUS.
 */
export function allocateLock(file: string): void {
  if (existsSync(file)) return;
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, Buffer.alloc(LOCK_BYTES), { mode: 0o664 });
    // Not a rename: another process may have made it since, and be using it.
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Undefined where there is no file, or an empty one. */
function expectedBytes(file: string): { bytes: number; size: number } | undefined {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    if (fstatSync(fd).size === 0) return undefined;
    const first = readHeader(fd, 0);
    const second = readHeader(fd, first.pageSize);
    const newest = second.transaction > first.transaction ? second : first;
    // The size after the header: another process that makes the file longer writes its pages first.
    return { bytes: (newest.lastPage + 1) * first.pageSize, size: fstatSync(fd).size };
  } finally {
    closeSync(fd);
  }
}

/** Of a data file. */
export function pageSizeOf(file: number): number {
  return readHeader(file, 0).pageSize;
}

function readHeader(fd: number, position: number): Header {
  const bytes = Buffer.alloc(HEADER_BYTES);
  const count = readSync(fd, bytes, 0, HEADER_BYTES, position);
  const isHeader = count === HEADER_BYTES && bytes.readUInt32LE(MAGIC) === 0xbeefc0de;
  if (!isHeader) throw new Error('it is not an LMDB data file');
  if ((bytes.readUInt32LE(VERSION) & 0xffff) !== 2) throw new Error('it is of another version of LMDB');
  return {
    pageSize: bytes.readUInt32LE(PAGE_SIZE),
    lastPage: Number(bytes.readBigUInt64LE(LAST_PAGE)),
    transaction: bytes.readBigUInt64LE(TRANSACTION),
  };
}
