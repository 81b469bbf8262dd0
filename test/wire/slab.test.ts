import test from 'ava';
import { Slab } from '../../src/wire/slab.ts';

function put(slab: Slab, length: number): { memory: ArrayBufferLike; at: number } {
  const at = slab.place(length);
  slab.used = at + length;
  return { memory: slab.memory, at };
}

test('places one behind the other, and goes on in another piece of memory', (t) => {
  const slab = new Slab(100);
  const [first, second, third] = [put(slab, 40), put(slab, 60), put(slab, 10)];
  t.deepEqual([first.at, second.at, third.at], [0, 40, 0]);
  t.is(second.memory, first.memory);
  t.not(third.memory, first.memory);
});

test('uses all its memory again when nothing of it waits', (t) => {
  const slab = new Slab(100);
  const used = () => new Set([80, 80, 80].map((length) => put(slab, length).memory));
  const first = used();
  t.is(first.size, 3);
  slab.reuse();
  for (let turn = 0; turn < 10; turn++) {
    t.true([...used()].every((memory) => first.has(memory)));
    slab.reuse();
  }
});

test('leaves alone what is still being written', (t) => {
  const slab = new Slab(100);
  const [full, half] = [put(slab, 80), put(slab, 40)];
  slab.leave();
  for (let turn = 0; turn < 10; turn++) {
    const here = put(slab, 30);
    t.deepEqual(here, { memory: half.memory, at: 40 });
    slab.reuse();
  }
  put(slab, 30);
  for (let turn = 0; turn < 10; turn++) {
    for (let i = 0; i < 3; i++) {
      const { memory, at } = put(slab, 80);
      t.not(memory, full.memory);
      t.true(memory !== half.memory || at >= 40);
    }
    slab.reuse();
  }
});
