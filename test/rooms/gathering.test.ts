import test from 'ava';
import type { RoomEvent } from '../../src/rooms/event-log.ts';
import { Gathering } from '../../src/rooms/gathering.ts';
import { until } from '../helpers/until.ts';

const event = (offset: number): RoomEvent => ({ offset, at: 0, from: '', text: '' });

/** What time it is, in milliseconds, in all tests of this file. */
let now = 1000;
performance.now = () => now;

function setUp(readers: number) {
  const delivered: number[] = [];
  const room = { readers };
  const gathering = new Gathering(
    () => room.readers,
    ({ offset }) => delivered.push(offset),
  );
  return { gathering, delivered, room };
}

test.serial('few readers are given each event at once', (t) => {
  const { gathering, delivered } = setUp(499);
  for (const offset of [1, 2]) {
    gathering.add(event(offset));
    t.is(delivered.at(-1), offset);
    t.is(gathering.newest, undefined);
  }
});

test.serial('so are many where each event stands alone', (t) => {
  const { gathering, delivered } = setUp(1000);
  for (const offset of [1, 2, 3]) {
    gathering.add(event(offset));
    t.is(delivered.at(-1), offset);
    now += 2;
  }
});

test.serial('where events come close to each other many are given them together', async (t) => {
  const { gathering, delivered } = setUp(1000);
  gathering.add(event(1));
  now += 1.9;
  gathering.add(event(2));
  gathering.add(event(3));
  t.deepEqual([[...delivered], gathering.newest], [[1], 3]);
  await until(() => delivered.length > 1);
  t.deepEqual([[...delivered], gathering.newest], [[1, 2, 3], undefined]);

  // It was worth while, and is tried again: 16 times.
  for (let offset = 4; offset < 20; offset++) {
    now += 100;
    gathering.add(event(offset));
    t.is(gathering.newest, offset);
    await until(() => delivered.at(-1) === offset);
  }
  now += 100;
  gathering.add(event(20));
  t.deepEqual([delivered.at(-1), gathering.newest], [20, undefined]);
});

test.serial('what waits goes out when that is asked for', (t) => {
  const { gathering, delivered } = setUp(1000);
  for (const offset of [1, 2, 3]) gathering.add(event(offset));
  gathering.flush();
  gathering.flush();
  t.deepEqual([delivered, gathering.newest], [[1, 2, 3], undefined]);
});

test.serial('a room of a million millions keeps an event for no more than a moment', async (t) => {
  const { gathering, delivered } = setUp(1e12);
  for (const offset of [1, 2]) gathering.add(event(offset));
  await until(() => delivered.length > 1);
  t.deepEqual(delivered, [1, 2]);
});

test.serial('order holds where readers go in between', async (t) => {
  const { gathering, delivered, room } = setUp(500);
  for (const offset of [1, 2]) gathering.add(event(offset));
  room.readers = 1;
  gathering.add(event(3));
  await until(() => delivered.length > 2);
  t.deepEqual(delivered, [1, 2, 3]);
});
