import test from 'ava';
import { openLmdbLog } from '../../src/rooms/lmdb/log.ts';
import { MemoryPresence } from '../../src/rooms/memory/presence.ts';
import { Rooms } from '../../src/rooms/rooms.ts';
import { until } from '../helpers/server.ts';
import { emptyFolder } from './folders.ts';

test('readers are given the lines of a room that was forgotten and began again in another process, at once', async (t) => {
  let now = 1_000_000;
  const options = { maxRooms: 1, maxAge: 1000, sweepInterval: 20, now: () => now };
  const folder = emptyFolder(t);
  const [here, elsewhere] = [await openLmdbLog(folder, options), await openLmdbLog(folder, options)];
  const rooms = new Rooms(here, new MemoryPresence());
  await elsewhere.append('r', { from: 'a', text: 'one' });
  const seen: string[] = [];
  const reader = {
    bufferedAmount: 0,
    deliver: (text: string) => seen.push(text),
    gap: () => seen.push('gap'),
    reset: () => seen.push('reset'),
    whenDrained: () => {},
  };
  const subscription = await rooms.subscribe('r', reader, { encode: ({ text }) => text });
  subscription.start();
  // Its line is too old, so that it makes room for another.
  now += 5000;
  await until(async () => (await elsewhere.read('r', undefined, 1)).events.length === 0);
  await elsewhere.head('other');
  await elsewhere.append('r', { from: 'a', text: 'two' });
  await until(() => seen.length === 2);
  t.deepEqual(seen, ['reset', 'two']);
  subscription.close();
  rooms.close();
  await Promise.all([here.close(), elsewhere.close()]);
});
