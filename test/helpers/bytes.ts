/** Frames as a client sends them, built by hand from RFC 6455 section 5.2 and not with the code under test. */

const KEY = [0x37, 0xfa, 0x21, 0x3d];

export interface RawFrame {
  fin?: boolean;
  rsv?: number;
  opcode: number;
  payload?: Uint8Array | string;
  masked?: boolean;
  /** Write the length in this many bits, needed or not. */
  lengthBits?: 7 | 16 | 64;
}

export function rawFrame({ fin = true, rsv = 0, opcode, payload = '', masked = true, lengthBits }: RawFrame): Buffer {
  const bytes = Buffer.from(payload as Uint8Array);
  const bits = lengthBits ?? (bytes.length < 126 ? 7 : bytes.length < 65536 ? 16 : 64);
  const maskBit = masked ? 0x80 : 0;
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
  if (bits === 7) head.push(maskBit | bytes.length);
  else if (bits === 16) head.push(maskBit | 126, bytes.length >> 8, bytes.length & 255);
  else head.push(maskBit | 127, ...new Uint8Array(new BigUint64Array([BigInt(bytes.length)]).buffer).reverse());
  if (!masked) return Buffer.concat([Buffer.from(head), bytes]);
  const hidden = bytes.map((byte, i) => byte ^ (KEY[i % 4] as number));
  return Buffer.concat([Buffer.from([...head, ...KEY]), hidden]);
}

export const text = (payload: string | Uint8Array, more: Partial<RawFrame> = {}): Buffer =>
  rawFrame({ opcode: 1, payload, ...more });
export const continuation = (payload: string | Uint8Array, more: Partial<RawFrame> = {}): Buffer =>
  rawFrame({ opcode: 0, payload, ...more });
export const binary = (payload: string | Uint8Array, more: Partial<RawFrame> = {}): Buffer =>
  rawFrame({ opcode: 2, payload, ...more });
export const close = (code?: number, reason: string | Uint8Array = '', more: Partial<RawFrame> = {}): Buffer => {
  const head = code === undefined ? [] : [code >> 8, code & 255];
  return rawFrame({
    opcode: 8,
    payload: Buffer.concat([Buffer.from(head), Buffer.from(reason as Uint8Array)]),
    ...more,
  });
};
export const ping = (payload: string | Uint8Array, more: Partial<RawFrame> = {}): Buffer =>
  rawFrame({ opcode: 9, payload, ...more });
export const pong = (payload: string | Uint8Array, more: Partial<RawFrame> = {}): Buffer =>
  rawFrame({ opcode: 10, payload, ...more });

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Cuts bytes at random places. */
export function randomCuts(bytes: Buffer, random: () => number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + 1 + Math.floor(random() ** 3 * 40));
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}
