import assert from 'node:assert/strict';
import test from 'ava';
import { randomCuts } from '../helpers/bytes.ts';
import { mutate } from './mutations.ts';
import { byteByByte, type Event, type Limits, read } from './reading.ts';
import { referenceRead } from './reference.ts';
import { type Dice, fuzz } from './seeds.ts';
import { validSequence } from './sequences.ts';

const FILE = 'test/fuzz/reader.test.ts';
const ROOMY: Limits = { maxMessageBytes: 1e6, maxFragments: 100 };
/** Byte by byte costs a chunk for each. */
const BYTE_BY_BYTE_UP_TO = 1_000;

/** Every way of cutting gives the same events. */
function assertRead(bytes: Buffer, limits: Limits, expected: readonly Event[], dice: Dice): void {
  assert.deepEqual(read([bytes], limits), expected, 'as one chunk');
  assert.deepEqual(read(randomCuts(bytes, dice.random), limits), expected, 'cut at random');
  if (bytes.length <= BYTE_BY_BYTE_UP_TO) {
    assert.deepEqual(read(byteByByte(bytes), limits), expected, 'byte by byte');
  }
}

test('what a valid client sends comes out as it went in, however it is cut', async (t) => {
  await fuzz(t, FILE, (dice) => {
    const { frames, events } = validSequence(dice);
    const bytes = Buffer.concat(frames);
    assert.deepEqual(referenceRead(bytes, ROOMY), events, 'the reference itself');
    assertRead(bytes, ROOMY, events, dice);
  });
});

test('what has gone wrong on the way is read as the RFC says, however it is cut', async (t) => {
  await fuzz(t, FILE, (dice) => {
    const limits = { maxMessageBytes: dice.pick([1e6, 3000, 126, 1]), maxFragments: dice.pick([100, 3, 1]) };
    const bytes = Buffer.concat(mutate(validSequence(dice, 3).frames, dice));
    const events = referenceRead(bytes, limits);
    assertRead(bytes, limits, events, dice);
    // What has come so far is never judged otherwise for what comes later.
    const begun = read([bytes.subarray(0, dice.whole(0, bytes.length))], limits);
    assert.deepEqual(begun, events.slice(0, begun.length), 'a part of it');
  });
});

test('bytes without any sense are read as the RFC says, however they are cut', async (t) => {
  await fuzz(t, FILE, (dice) => {
    const bytes = dice.bytes(dice.whole(1, 60));
    assertRead(bytes, ROOMY, referenceRead(bytes, ROOMY), dice);
  });
});
