import test from 'ava';
import type { RoomEvent } from '../../src/rooms/event-log.ts';
import { Gathering } from '../../src/rooms/gathering.ts';
import { until } from '../helpers/until.ts';

const event = (offset: number): RoomEvent => ({ offset, at: 0, from: '', text: '' });

function setUp(readers: number) {
  const delivered: number[] = [];
  const room = { readers };
  const gathering = new Gathering(
    () => room.readers,
    ({ offset }) => delivered.push(offset),
  );
  return { gathering, delivered, room };
}

test('few readers are given each event at once', (t) => {
  const { gathering, delivered } = setUp(499);
  for (const offset of [1, 2]) {
    gathering.add(event(offset));
    t.is(delivered.at(-1), offset);
    t.is(gathering.newest, undefined);
  }
});

test('many are given what comes in a while, soon or when it is asked for', async (t) => {
  const { gathering, delivered } = setUp(500);
  gathering.add(event(1));
  gathering.add(event(2));
  t.deepEqual([[...delivered], gathering.newest], [[], 2]);
  gathering.flush();
  t.deepEqual([[...delivered], gathering.newest], [[1, 2], undefined]);
  gathering.add(event(3));
  gathering.add(event(4));
  t.deepEqual(delivered, [1, 2]);
  await until(() => delivered.length > 2);
  t.deepEqual([delivered, gathering.newest], [[1, 2, 3, 4], undefined]);
});

test('a room of a million keeps an event for no more than a moment', async (t) => {
  const { gathering, delivered } = setUp(1e12);
  gathering.add(event(1));
  await until(() => delivered.length > 0);
  t.deepEqual(delivered, [1]);
});

test('order holds where readers go in between', async (t) => {
  const { gathering, delivered, room } = setUp(500);
  gathering.add(event(1));
  room.readers = 1;
  gathering.add(event(2));
  await until(() => delivered.length > 0);
  t.deepEqual(delivered, [1, 2]);
});
