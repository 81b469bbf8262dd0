import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { openLiveLog } from '../../src/rooms/lmdb/log.ts';
import { emptyFolder } from './folders.ts';

test('a live log outlives its process, and begins empty when the machine was started again', async (t) => {
  const folder = emptyFolder(t);
  const first = await openLiveLog(folder, { boot: 'one' });
  const { position } = await first.append('chat', { from: 'a', text: '1' });
  await first.close();
  const again = await openLiveLog(folder, { boot: 'one' });
  t.deepEqual(await again.head('chat'), position);
  await again.close();
  const other = await openLiveLog(folder, { boot: 'two' });
  t.true((await other.read('chat', position, 10)).reset);
  await other.close();
  t.deepEqual(readdirSync(folder), ['live-two']);
  t.true(existsSync(join(folder, 'live-two', 'data.mdb')));
});
