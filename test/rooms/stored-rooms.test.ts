import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { openRooms, room } from '../../src/index.ts';
import { connect } from '../helpers/client.ts';
import { startServer } from '../helpers/server.ts';
import { emptyFolder } from './folders.ts';

test('rooms that a library user opens outlive what opened them', async (t) => {
  const folder = emptyFolder(t);
  const first = await openRooms(folder);
  const { url } = await startServer(t, { routes: { '/rooms/:room': room({ rooms: first.rooms }) } });
  const client = await connect(t, `${url}/rooms/a?name=li`);
  client.send('kept');
  t.is(await client.next(), 'li:kept');
  await first.close();

  const second = await openRooms(folder, { maxEvents: 1 });
  t.teardown(() => second.close());
  const { events } = await second.rooms.read('a', undefined, 10);
  t.deepEqual(
    events.map(({ from, text }) => [from, text]),
    [['li', 'kept']],
  );
});

test('a folder that cannot be used is an error with a code', async (t) => {
  const file = join(emptyFolder(t), 'file');
  writeFileSync(file, '');
  await t.throwsAsync(openRooms(file), { code: 'ERR_STORE' });
});
