import { headerBytesFor, writeHeader } from './frame.ts';

/** Below this many bytes encoding a text anew costs no more than remembering it. */
const RELAY_FROM = 1024;
/** A frame that lies in a chunk keeps the whole chunk alive: at most this many times its own size. */
const MAX_CHUNK_RATIO = 4;

let lastText: string | undefined;
let lastChunk: Buffer;
let lastStart = 0;
let lastEnd = 0;

/*
 * A server often sends on a text just as it came, to one or to all. Its bytes lie in the chunk, unmasked already, and
 * before them the client's header, which is longer than ours by the masking key: ours is written over its end, and
 * header and payload are a frame without a copy.
 */

/** Notes where the text that is being handed out lies, until `forgetText`. */
export function rememberText(text: string, chunk: Buffer, start: number, end: number): void {
  const bytes = end - start;
  if (bytes < RELAY_FROM || bytes * MAX_CHUNK_RATIO < chunk.length || start < headerBytesFor(bytes)) return;
  lastText = text;
  lastChunk = chunk;
  lastStart = start;
  lastEnd = end;
}

export function forgetText(): void {
  lastText = undefined;
}

/** The frame of a text if it is the one that is being handed out, else undefined. */
export function relayedFrame(text: string): Buffer | undefined {
  // The length first: comparing two long texts that begin alike costs something.
  if (lastText === undefined || text.length !== lastText.length || text !== lastText) return undefined;
  const bytes = lastEnd - lastStart;
  const at = lastStart - headerBytesFor(bytes);
  writeHeader(lastChunk, at, bytes);
  return lastChunk.subarray(at, lastEnd);
}
