import { rawFrame } from '../helpers/bytes.ts';
import type { Event } from './reading.ts';
import type { Dice } from './seeds.ts';

/** Frames in the order in which they are sent, and what must be found in them. */
export interface Sequence {
  frames: Buffer[];
  events: Event[];
}

/** Lengths around every border of RFC 6455 section 5.2, and what lies between. */
const BORDERS = [0, 1, 2, 3, 4, 47, 48, 49, 124, 125, 126, 127, 128, 1023, 1024, 1025, 65_535, 65_536];
const CODES = [1000, 1001, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4999];
/** Characters of one to four bytes, at the borders of each. */
const CHARACTERS = [0, 0x41, 0x7f, 0x80, 0xe9, 0x7ff, 0x800, 0x674e, 0xd7ff, 0xe000, 0xfeff, 0xffff, 0x1f600, 0x10ffff];

/** Valid frames of a client: messages in fragments, control frames between them, and at times a Close at the end. */
export function validSequence(dice: Dice, maxMessages = 6): Sequence {
  const sequence: Sequence = { frames: [], events: [] };
  for (let count = dice.whole(1, maxMessages); count > 0; count--) addMessage(dice, sequence);
  if (dice.oneIn(3)) addClose(dice, sequence);
  return sequence;
}

export function randomLength(dice: Dice): number {
  if (dice.oneIn(3)) return dice.pick(dice.oneIn(20) ? BORDERS : BORDERS.slice(0, -5));
  return Math.floor(dice.random() ** 8 * 3000);
}

export function randomText(dice: Dice): string {
  const length = randomLength(dice);
  if (dice.oneIn(2)) return 'abcdefgh'.repeat(Math.ceil(length / 8)).slice(0, length);
  return Array.from({ length: Math.ceil(length / 2) }, () => String.fromCodePoint(dice.pick(CHARACTERS))).join('');
}

/** Cuts a payload into as many pieces as there will be frames; some may be empty, and characters are cut as it comes. */
export function fragments(dice: Dice, payload: Buffer): Buffer[] {
  const count = dice.oneIn(2) ? 1 : dice.whole(2, 6);
  const cuts = Array.from({ length: count - 1 }, () => dice.whole(0, payload.length)).sort((a, b) => a - b);
  return [0, ...cuts].map((start, i) => payload.subarray(start, cuts[i] ?? payload.length));
}

/** A client's frame with a key of its own. */
function maskedFrame(dice: Dice, opcode: number, payload: Uint8Array, fin = true): Buffer {
  const frame = rawFrame({ opcode, payload, fin });
  const start = frame.length - payload.length;
  const key = dice.oneIn(8) ? Buffer.alloc(4) : dice.bytes(4);
  key.copy(frame, start - 4);
  for (let i = 0; i < payload.length; i++) frame[start + i] = (payload[i] as number) ^ (key[i & 3] as number);
  return frame;
}

function addMessage(dice: Dice, { frames, events }: Sequence): void {
  const text = dice.oneIn(3) ? undefined : randomText(dice);
  const payload = text === undefined ? dice.bytes(randomLength(dice)) : Buffer.from(text);
  const pieces = fragments(dice, payload);
  for (const [i, piece] of pieces.entries()) {
    if (dice.oneIn(4)) addControl(dice, { frames, events });
    const opcode = i > 0 ? 0 : text === undefined ? 2 : 1;
    frames.push(maskedFrame(dice, opcode, piece, i === pieces.length - 1));
  }
  events.push(text === undefined ? ['binary', payload.toString('hex')] : ['text', text]);
}

function addControl(dice: Dice, { frames, events }: Sequence): void {
  const payload = dice.bytes(dice.pick([0, 1, 4, 60, 125]));
  const isPing = dice.oneIn(2);
  frames.push(maskedFrame(dice, isPing ? 9 : 10, payload));
  events.push([isPing ? 'ping' : 'pong', payload.toString('hex')]);
}

function addClose(dice: Dice, { frames, events }: Sequence): void {
  if (dice.oneIn(3)) {
    frames.push(maskedFrame(dice, 8, Buffer.alloc(0)));
    events.push(['close', 1005, '']);
    return;
  }
  const code = dice.pick(CODES);
  const reason = dice.pick(['', 'done', 'güte', '李'.repeat(41)]);
  frames.push(maskedFrame(dice, 8, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)])));
  events.push(['close', code, reason]);
}
