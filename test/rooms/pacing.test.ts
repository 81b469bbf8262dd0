import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import type { RoomEvent } from '../../src/rooms/event-log.ts';
import { Pacing } from '../../src/rooms/pacing.ts';

const event = (offset: number): RoomEvent => ({ offset, at: 0, from: '', text: '' });

function setUp(readers: number) {
  const delivered: number[] = [];
  const room = { readers };
  const pacing = new Pacing(
    () => room.readers,
    ({ offset }) => delivered.push(offset),
  );
  return { pacing, delivered, room };
}

test('few readers are given each event at once', (t) => {
  const { pacing, delivered } = setUp(49);
  for (const offset of [1, 2]) {
    pacing.add(event(offset));
    t.is(delivered.at(-1), offset);
    t.is(pacing.newest, undefined);
  }
});

test('many are given the first after a turn, and none while the room rests', async (t) => {
  // They would take hours.
  const { pacing, delivered } = setUp(1e10);
  pacing.add(event(1));
  pacing.add(event(2));
  t.deepEqual([delivered, pacing.newest], [[], 2]);
  await turn();
  await turn();
  t.deepEqual([[...delivered], pacing.newest], [[1, 2], undefined]);
  pacing.add(event(3));
  await turn();
  await turn();
  t.deepEqual([[...delivered], pacing.newest], [[1, 2], 3]);
  pacing.flush();
  t.deepEqual(delivered, [1, 2, 3]);
});

test('order holds where readers go in between', async (t) => {
  const { pacing, delivered, room } = setUp(50);
  pacing.add(event(1));
  room.readers = 1;
  pacing.add(event(2));
  while (delivered.length < 2) await turn();
  t.deepEqual(delivered, [1, 2]);
});
