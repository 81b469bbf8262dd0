import test from 'ava';
import {
  encodeClose,
  encodeFrame,
  encodeText,
  maxTextFrameBytes,
  OPCODE,
  writeTextFrame,
} from '../../src/wire/frame.ts';

const payloadOf = (frame: Buffer, headerBytes: number) => frame.subarray(headerBytes).toString();

test('encodes the unmasked Hello of RFC 6455 section 5.7', (t) => {
  t.is(encodeText('Hello').toString('hex'), '810548656c6c6f');
});

for (const [bytes, header] of [
  [0, '8100'],
  [125, '817d'],
  [126, '817e007e'],
  [65_535, '817effff'],
  [65_536, '817f0000000000010000'],
] as const) {
  test(`writes the length ${bytes} in the fewest bytes`, (t) => {
    const text = 'a'.repeat(bytes);
    const frame = encodeText(text);
    t.is(frame.subarray(0, header.length / 2).toString('hex'), header);
    t.is(payloadOf(frame, header.length / 2), text);
    t.deepEqual(encodeFrame(OPCODE.TEXT, Buffer.from(text)), frame);
  });
}

for (const text of [
  '',
  'a',
  '李旺',
  'é'.repeat(63),
  'é'.repeat(62),
  '李'.repeat(42),
  '李'.repeat(21_846),
  '𐀀'.repeat(40),
]) {
  test(`writes ${text.length} units that begin ${JSON.stringify(text.slice(0, 2))} in place as it encodes them`, (t) => {
    const target = Buffer.alloc(maxTextFrameBytes(text) + 7);
    const end = writeTextFrame(text, target, 7);
    t.deepEqual(target.subarray(7, end), encodeText(text));
  });
}

test('masks with a key of its own each time', (t) => {
  const [one, two] = [encodeText('Hello', true), encodeText('Hello', true)];
  t.is(one.length, 11);
  t.is(one[1], 0x85);
  t.notDeepEqual(one.subarray(2, 6), two.subarray(2, 6));
  const plain = one.subarray(6).map((byte, i) => byte ^ (one[2 + (i % 4)] as number));
  t.is(Buffer.from(plain).toString(), 'Hello');
});

test('encodes a close with a code and a reason, and one with neither', (t) => {
  t.is(encodeClose(1000, 'done').toString('hex'), '880603e8646f6e65');
  t.is(encodeClose().toString('hex'), '8800');
});

test('cuts a long close reason between two characters', (t) => {
  const frame = encodeClose(1000, '李'.repeat(50));
  t.is(frame.length, 2 + 2 + 123);
  t.is(frame.subarray(4).toString(), '李'.repeat(41));
});
