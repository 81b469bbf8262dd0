import { randomBytes } from 'node:crypto';
import { unmask } from './mask.ts';

/** Opcodes of RFC 6455 section 5.2. */
export const OPCODE = { CONTINUATION: 0x0, TEXT: 0x1, BINARY: 0x2, CLOSE: 0x8, PING: 0x9, PONG: 0xa } as const;

/** RFC 6455 section 5.5: a control frame's payload has 125 bytes at most. */
export const MAX_CONTROL_BYTES = 125;

/** The longest header: two bytes, a 64-bit length and a masking key. */
export const MAX_HEADER_BYTES = 14;

const FIN = 0x80;
const MASKED = 0x80;

export interface FrameOptions {
  /** The last frame of its message. @default true */
  fin?: boolean;
  /** The payload is compressed (RFC 7692 section 6). @default false */
  compressed?: boolean;
  /** Mask with a fresh key, as a client must (RFC 6455 section 5.3). @default false */
  masked?: boolean;
}

/** One whole frame as bytes (RFC 6455 section 5.2), its length in the fewest bytes that hold it. */
export function encodeFrame(opcode: number, payload: Uint8Array, options: FrameOptions = {}): Buffer {
  const { fin = true, compressed = false, masked = false } = options;
  const headerBytes = headerBytesFor(payload.length) + (masked ? 4 : 0);
  const frame = Buffer.allocUnsafe(headerBytes + payload.length);
  frame[0] = (fin ? FIN : 0) | (compressed ? 0x40 : 0) | opcode;
  writeLength(frame, 0, payload.length);
  frame.set(payload, headerBytes);
  if (masked) maskPayload(frame, headerBytes);
  return frame;
}

/** A whole text message as one frame. */
export function encodeText(text: string, masked = false): Buffer {
  const bytes = Buffer.byteLength(text);
  const headerBytes = headerBytesFor(bytes) + (masked ? 4 : 0);
  const frame = Buffer.allocUnsafe(headerBytes + bytes);
  writeHeader(frame, 0, OPCODE.TEXT, bytes);
  frame.write(text, headerBytes);
  if (masked) maskPayload(frame, headerBytes);
  return frame;
}

/**
 * Writes a whole unmasked text message into `target` at `at` and returns where it ends.
 * There must be room for `maxTextFrameBytes(text)`.
 */
export function writeTextFrame(text: string, target: Buffer, at: number): number {
  // Most texts are ASCII, where the number of bytes is the number of characters; a wrong guess moves the payload.
  let headerBytes = headerBytesFor(text.length);
  const bytes = target.write(text, at + headerBytes);
  const needed = headerBytesFor(bytes);
  if (needed !== headerBytes) {
    target.copyWithin(at + needed, at + headerBytes, at + headerBytes + bytes);
    headerBytes = needed;
  }
  writeHeader(target, at, OPCODE.TEXT, bytes);
  return at + headerBytes + bytes;
}

/** Writes a whole unmasked message into `target` at `at` and returns where it ends; there must be room for it. */
export function writeFrame(opcode: number, payload: Uint8Array, target: Buffer, at: number): number {
  writeHeader(target, at, opcode, payload.length);
  const start = at + headerBytesFor(payload.length);
  target.set(payload, start);
  return start + payload.length;
}

/** An upper bound: a UTF-16 unit takes at most three bytes of UTF-8. */
export function maxTextFrameBytes(text: string): number {
  return text.length * 3 + 10;
}

/** A Close frame; without a code its payload is empty. A reason longer than 123 bytes is cut at a character. */
export function encodeClose(code?: number, reason = '', masked = false): Buffer {
  if (code === undefined) return encodeFrame(OPCODE.CLOSE, Buffer.alloc(0), { masked });
  const payload = Buffer.alloc(MAX_CONTROL_BYTES);
  payload.writeUInt16BE(code, 0);
  // Buffer.write never writes half a character, so the cut keeps the reason valid UTF-8.
  const reasonBytes = payload.write(reason, 2);
  return encodeFrame(OPCODE.CLOSE, payload.subarray(0, 2 + reasonBytes), { masked });
}

/** Bytes of an unmasked header. */
export function headerBytesFor(payloadBytes: number): number {
  if (payloadBytes <= 125) return 2;
  return payloadBytes <= 0xffff ? 4 : 10;
}

/** Writes the header of a whole unmasked message. */
export function writeHeader(target: Buffer, at: number, opcode: number, payloadBytes: number): void {
  target[at] = FIN | opcode;
  writeLength(target, at, payloadBytes);
}

function writeLength(frame: Buffer, at: number, payloadBytes: number): void {
  if (payloadBytes <= 125) {
    frame[at + 1] = payloadBytes;
  } else if (payloadBytes <= 0xffff) {
    frame[at + 1] = 126;
    frame.writeUInt16BE(payloadBytes, at + 2);
  } else {
    frame[at + 1] = 127;
    frame.writeUInt32BE(Math.floor(payloadBytes / 2 ** 32), at + 2);
    frame.writeUInt32BE(payloadBytes % 2 ** 32, at + 6);
  }
}

/** A fresh masking key, which section 5.3 wants to be unpredictable. */
function randomInt32(): number {
  return randomBytes(4).readInt32BE(0);
}

function maskPayload(frame: Buffer, payloadStart: number): void {
  const key = randomInt32();
  frame.writeInt32BE(key, payloadStart - 4);
  frame[1] = (frame[1] as number) | MASKED;
  unmask(frame, payloadStart, frame.length, key, 0);
}
