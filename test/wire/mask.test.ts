import test from 'ava';
import { unmask } from '../../src/wire/mask.ts';
import { seededRandom } from '../helpers/bytes.ts';

const word = (key: Uint8Array) => Buffer.from(key).readInt32BE(0);

test('gives the same as byte by byte for every length, offset and phase', (t) => {
  const random = seededRandom(1);
  const key = Uint8Array.from([1, 128, 254, 77]);
  for (let length = 0; length < 150; length++) {
    for (const [offset, phase] of [
      [0, 0],
      [1, 1],
      [2, 3],
      [3, 2],
      [5, 7],
    ] as const) {
      const memory = Uint8Array.from({ length: 200 }, () => Math.floor(random() * 256));
      const expected = memory.slice();
      // A view that does not begin on a word, as chunks of a pool do.
      const view = memory.subarray(3);
      for (let i = 0; i < length; i++) {
        const at = 3 + offset + i;
        expected[at] = (expected[at] as number) ^ (key[(phase + i) % 4] as number);
      }
      unmask(view, offset, offset + length, word(key), phase);
      if (Buffer.compare(memory, expected) !== 0) t.fail(`length ${length}, offset ${offset}, phase ${phase}`);
    }
  }
  t.pass();
});

test('says whether all is ASCII, wherever another byte stands', (t) => {
  const key = Uint8Array.from([200, 1, 2, 3]);
  for (let at = 0; at < 100; at++) {
    const bytes = new Uint8Array(100).fill(0x61);
    unmask(bytes, 0, 100, word(key), 0);
    t.true(unmask(bytes.slice(), 0, 100, word(key), 0));
    bytes[at] = (bytes[at] as number) ^ 0x80;
    t.false(unmask(bytes, 0, 100, word(key), 0), `byte ${at}`);
  }
});
