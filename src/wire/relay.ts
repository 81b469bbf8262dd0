import { headerBytesFor, writeHeader } from './frame.ts';
import { copyOf, isLent } from './lent.ts';

/** Below this many bytes encoding a message anew costs no more than remembering it. */
export const RELAY_FROM = 1024;
/** A frame that lies in a chunk keeps the whole chunk alive: at most this many times its own size. */
const MAX_CHUNK_RATIO = 4;

/** What is being handed out: a text, or the bytes of a message. */
let handedOut: string | Uint8Array | undefined;
let lastChunk: Buffer;
let lastStart = 0;
let lastEnd = 0;

/*
 * A server often sends on a message just as it came, to one or to all. Its bytes lie in the chunk, unmasked already,
 * and before them the client's header, which is longer than ours by the masking key: ours is written over its end,
 * and header and payload are a frame without a copy, or where the chunk is only lent with one.
 */

/** Notes where the message that is being handed out lies, until `forgetMessage`. */
export function rememberMessage(message: string | Uint8Array, chunk: Buffer, start: number, end: number): void {
  const bytes = end - start;
  if (bytes < RELAY_FROM || bytes * MAX_CHUNK_RATIO < chunk.length || start < headerBytesFor(bytes)) return;
  handedOut = message;
  lastChunk = chunk;
  lastStart = start;
  lastEnd = end;
}

export function forgetMessage(): void {
  handedOut = undefined;
}

/** The frame of a message if it is the one that is being handed out, else undefined. */
export function relayedFrame(message: string | Uint8Array, opcode: number): Buffer | undefined {
  // The length first: comparing two long texts that begin alike costs something.
  if (handedOut === undefined || message.length !== handedOut.length || message !== handedOut) return undefined;
  const bytes = lastEnd - lastStart;
  const headerBytes = headerBytesFor(bytes);
  if (isLent(lastChunk)) {
    const frame = copyOf(lastChunk, lastStart, lastEnd, headerBytes);
    writeHeader(frame, 0, opcode, bytes);
    return frame;
  }
  const at = lastStart - headerBytes;
  writeHeader(lastChunk, at, opcode, bytes);
  return lastChunk.subarray(at, lastEnd);
}
