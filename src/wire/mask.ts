/**
 * Below this many bytes a plain loop beats setting up words.
 * Measured on Node 20: equal at about 40 bytes.
 */
const WORDS_FROM = 48;

/** Bit 7 of each byte of a word: set where a byte is not ASCII. */
const NOT_ASCII = 0x80808080;

const keyBytes = new Uint8Array(4);
const wordBytes = new Uint8Array(4);
const keyWord = new Int32Array(wordBytes.buffer);

// The words of the chunk unmasked last: a chunk often holds many frames, and a view costs more than a short frame.
let viewed: ArrayBufferLike = wordBytes.buffer;
let words: Int32Array = keyWord;

/**
 * Applies a masking key in place (RFC 6455 section 5.3); the same operation masks and unmasks.
 * @param bytes where the payload lies
 * @param start first byte
 * @param end one past the last byte
 * @param key the four bytes of the masking key as one number, the first byte on top
 * @param phase how many bytes of the same payload came before `start`
 * @returns true when every byte of the result is ASCII, so that it needs no validation as UTF-8
 */
export function unmask(bytes: Uint8Array, start: number, end: number, key: number, phase: number): boolean {
  // Turned so that the byte for `start` stands first.
  const turn = (phase & 3) * 8;
  writeKey(turn === 0 ? key : (key << turn) | (key >>> (32 - turn)));
  let seen = 0;
  let at = start;
  if (end - start >= WORDS_FROM) {
    const offset = bytes.byteOffset;
    for (; (offset + at) & 3; at++) {
      seen |= bytes[at] = (bytes[at] as number) ^ (keyBytes[(at - start) & 3] as number);
    }
    const word = wordFrom((at - start) & 3);
    if (bytes.buffer !== viewed) {
      viewed = bytes.buffer;
      words = new Int32Array(viewed, 0, viewed.byteLength >>> 2);
    }
    const from = (offset + at) >>> 2;
    const to = (offset + end) >>> 2;
    if (unmaskWords(words, from, to, word) & NOT_ASCII) seen |= 0x80;
    at = (to << 2) - offset;
  }
  for (; at < end; at++) {
    seen |= bytes[at] = (bytes[at] as number) ^ (keyBytes[(at - start) & 3] as number);
  }
  return seen < 0x80;
}

function writeKey(key: number): void {
  keyBytes[0] = key >>> 24;
  keyBytes[1] = key >>> 16;
  keyBytes[2] = key >>> 8;
  keyBytes[3] = key;
}

/** The key as a word of this machine's byte order, beginning with one of its bytes. */
function wordFrom(first: number): number {
  for (let i = 0; i < 4; i++) wordBytes[i] = keyBytes[(first + i) & 3] as number;
  return keyWord[0] as number;
}

/** Four words at a time, which is nearly twice as fast as one; returns all bits that any result has. */
function unmaskWords(view: Int32Array, from: number, to: number, word: number): number {
  let seen = 0;
  let i = from;
  for (; i + 4 <= to; i += 4) {
    const a = (view[i] as number) ^ word;
    const b = (view[i + 1] as number) ^ word;
    const c = (view[i + 2] as number) ^ word;
    const d = (view[i + 3] as number) ^ word;
    view[i] = a;
    view[i + 1] = b;
    view[i + 2] = c;
    view[i + 3] = d;
    seen |= a | b | c | d;
  }
  for (; i < to; i++) seen |= view[i] = (view[i] as number) ^ word;
  return seen;
}
