import test from 'ava';
import { copyOf, isLent, keep, lend, owned } from '../../src/wire/lent.ts';

test('what is kept of a lent chunk is not overwritten with it, whatever its length', (t) => {
  for (const length of [0, 1, 64, 128, 129, 2048, 2049, 50_000]) {
    const chunk = Buffer.alloc(length + 2, 'a');
    lend(chunk);
    t.true(isLent(chunk));
    const kept = [keep(chunk, 1, length + 1), keep(chunk, 0, length)];
    chunk.fill('b');
    for (const bytes of kept) t.is(bytes.toString(), 'a'.repeat(length));
    kept[0]?.fill('c');
    t.is(kept[1]?.toString(), 'a'.repeat(length));
  }
});

test('what is kept of another chunk is where it lies', (t) => {
  const chunk = Buffer.from('abcdef');
  lend(Buffer.alloc(6));
  t.false(isLent(chunk));
  const kept = keep(chunk, 2, 5);
  t.is(kept.toString(), 'cde');
  t.is(kept.buffer, chunk.buffer);
});

test('a view of a lent chunk is copied, anything else is not', (t) => {
  const chunk = Buffer.from(new ArrayBuffer(6)).fill('a');
  lend(chunk);
  const copy = owned(chunk.subarray(2));
  chunk.fill('b');
  t.is(copy.toString(), 'aaaa');
  const other = new Uint8Array(3);
  t.is(owned(other), other);
});

test('copies with room in front', (t) => {
  const copy = copyOf(Buffer.from('abcdef'), 2, 5, 4);
  t.is(copy.length, 7);
  t.is(copy.toString('latin1', 4), 'cde');
});
