import { statfsSync } from 'node:fs';

/** Milliseconds for which an answer holds: one write in so long fills no reserve. */
const FRESH = 50;

/**
 * Whether a disk has room for one more write. Many large transactions of LMDB that fail on a full disk can end the process,
 * so they are not begun where less than a reserve is free.
 */
export class FreeSpace {
  readonly #folder: string;
  readonly #reserve: number;
  #looked = Number.NEGATIVE_INFINITY;
  #full = false;

  /** @param reserve bytes that are left free; 0 asks nothing of the disk */
  constructor(folder: string, reserve: number) {
    this.#folder = folder;
    this.#reserve = reserve;
  }

  /** What is wrong; undefined where there is room. */
  problem(): Error | undefined {
    const now = performance.now();
    if (this.#reserve > 0 && now - this.#looked > FRESH) {
      this.#full = freeBytes(this.#folder) < this.#reserve;
      this.#looked = now;
    }
    return this.#full ? new Error(`less than ${this.#reserve} bytes are free in ${this.#folder}`) : undefined;
  }
}

/** Bytes that may yet be written below a folder; Infinity where the file system does not say. */
function freeBytes(folder: string): number {
  try {
    const { bavail, bsize, blocks } = statfsSync(folder);
    return blocks > 0 ? bavail * bsize : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
