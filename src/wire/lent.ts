/*
 * Sockets are read into one buffer, so a chunk is only lent to who reads it: the next chunk, of whichever socket, will
 * lie in its place. Most messages are over when the call that brings them is, and are used where they lie; what is to
 * be there longer is kept by the functions here. Chunks of a stream have memory of their own and cost nothing to keep.
 */

/** Kept bytes lie one behind the other in pieces of memory of this size, as Node's own pool does. */
const POOL_BYTES = 8 * 1024;
/** Longer ones have memory of their own. */
const POOL_MAX_LENGTH = POOL_BYTES / 4;
/** Up to here a loop copies faster than the call that does it. */
const LOOP_BYTES = 128;

let lent: Buffer | undefined;

let pool = Buffer.allocUnsafeSlow(POOL_BYTES);
let poolMemory = pool.buffer;
let poolUsed = 0;

// The chunk that was looked at last: it often holds many messages, and asking it for its memory costs more than a Buffer.
let viewed: Buffer | undefined;
let viewedMemory: ArrayBufferLike;

/** Notes the chunk that is about to be read, and lent until the next one is. */
export function lend(chunk: Buffer): void {
  lent = chunk;
}

export function isLent(chunk: Buffer): boolean {
  return chunk === lent;
}

/** What `bytes.subarray` gives, at less than half its price. */
export function sliceOf(bytes: Buffer, start: number, end: number): Buffer {
  if (bytes !== viewed) {
    viewed = bytes;
    viewedMemory = bytes.buffer;
  }
  return Buffer.from(viewedMemory, bytes.byteOffset + start, end - start);
}

/** Bytes of a chunk, to be kept for as long as one likes. */
export function keep(chunk: Buffer, start: number, end: number): Buffer {
  if (chunk !== lent) return sliceOf(chunk, start, end);
  const length = end - start;
  if (length > POOL_MAX_LENGTH) return copyOf(chunk, start, end, 0);
  if (poolUsed + length > POOL_BYTES) {
    pool = Buffer.allocUnsafeSlow(POOL_BYTES);
    poolMemory = pool.buffer;
    poolUsed = 0;
  }
  const at = poolUsed;
  if (length > LOOP_BYTES) chunk.copy(pool, at, start, end);
  else for (let i = 0; i < length; i++) pool[at + i] = chunk[start + i] as number;
  // The next one begins at a word, as a buffer of its own would.
  poolUsed = (at + length + 7) & ~7;
  return Buffer.from(poolMemory, at, length);
}

/** Bytes that may lie in the chunk, to be kept. */
export function owned(bytes: Uint8Array): Uint8Array {
  return bytes.buffer === lent?.buffer ? Buffer.from(bytes) : bytes;
}

/** A copy with so many bytes of room before it. */
export function copyOf(chunk: Buffer, start: number, end: number, room: number): Buffer {
  const copy = Buffer.allocUnsafe(room + end - start);
  chunk.copy(copy, room, start, end);
  return copy;
}
