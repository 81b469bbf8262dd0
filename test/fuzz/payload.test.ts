import assert from 'node:assert/strict';
import { isAscii, isUtf8 } from 'node:buffer';
import test from 'ava';
import { unmask } from '../../src/wire/mask.ts';
import { Utf8Validator } from '../../src/wire/utf8.ts';
import { type Dice, fuzz } from './seeds.ts';
import { randomLength, randomText } from './sequences.ts';

const FILE = 'test/fuzz/payload.test.ts';

/** Bytes that are text, nearly text, or anything. */
function nearlyText(dice: Dice): Buffer {
  if (dice.oneIn(4)) return dice.bytes(dice.whole(0, 12));
  const bytes = Buffer.from(randomText(dice));
  for (let count = dice.whole(0, 2); count > 0 && bytes.length > 0; count--) {
    bytes[dice.whole(0, bytes.length - 1)] = dice.pick([0x7f, 0x80, 0xbf, 0xc1, 0xe0, 0xed, 0xf0, 0xf4, 0xf5, 0xff]);
  }
  return dice.oneIn(4) ? bytes.subarray(0, dice.whole(0, bytes.length)) : bytes;
}

/** Cuts bytes into pieces, most of them short. */
function cut(bytes: Buffer, dice: Dice): [start: number, end: number][] {
  const pieces: [number, number][] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + (dice.oneIn(3) ? dice.whole(1, 4) : dice.whole(1, 400)));
    pieces.push([at, end]);
    at = end;
  }
  return pieces;
}

/** How many of the first bytes may begin a text, by the platform's own decoder. */
function validBytes(bytes: Buffer): number {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  for (let at = 0; at < bytes.length; at++) {
    try {
      decoder.decode(bytes.subarray(at, at + 1), { stream: true });
    } catch {
      return at;
    }
  }
  return bytes.length;
}

test('the validator knows what isUtf8 knows, and refuses the first byte that TextDecoder refuses', async (t) => {
  await fuzz(t, FILE, (dice) => {
    const bytes = nearlyText(dice);
    const validator = new Utf8Validator();
    const valid = cut(bytes, dice).every(([start, end]) => validator.push(bytes, start, end)) && validator.complete;
    assert.equal(valid, isUtf8(bytes), 'as a whole');
    if (bytes.length > 2000) return;
    validator.reset();
    let accepted = 0;
    while (accepted < bytes.length && validator.push(bytes, accepted, accepted + 1)) accepted++;
    assert.equal(accepted, validBytes(bytes), 'up to the first wrong byte');
  });
});

test('unmasking gives what was masked, knows ASCII, and touches nothing beside it', async (t) => {
  await fuzz(t, FILE, (dice) => {
    const payload = dice.oneIn(2) ? nearlyText(dice) : Buffer.alloc(randomLength(dice), 'a');
    const key = dice.oneIn(8) ? Buffer.alloc(4) : dice.bytes(4);
    // Anywhere in a buffer, that itself lies anywhere in its memory.
    const memory = new Uint8Array(payload.length + 32).fill(0xaa);
    const room = Buffer.from(memory.buffer, dice.whole(0, 9));
    const start = dice.whole(0, 9);
    payload.copy(room, start);
    for (let i = 0; i < payload.length; i++) room[start + i] = (room[start + i] as number) ^ (key[i & 3] as number);
    for (const [from, to] of cut(payload, dice)) {
      const ascii = unmask(room, start + from, start + to, key.readInt32BE(0), from);
      assert.equal(ascii, isAscii(payload.subarray(from, to)), `ASCII from ${from} to ${to}`);
    }
    assert.deepEqual(room.subarray(start, start + payload.length), payload);
    const beside = [...room.subarray(0, start), ...room.subarray(start + payload.length)];
    assert.ok(
      beside.every((byte) => byte === 0xaa),
      'bytes beside it have changed',
    );
  });
});
