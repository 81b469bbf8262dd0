import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { openLmdbLog } from '../../src/rooms/lmdb/log.ts';
import { openLmdbPresence } from '../../src/rooms/lmdb/presence.ts';
import { ROOM_NAMING } from '../../src/rooms/names.ts';
import { emptyFolder } from './folders.ts';

/** Another process sets what stands as the newest transaction back, as one does that opens the environment at the wrong moment. */
function setBack(folder: string, by: number): void {
  const script = `
    const { openSync, readSync, writeSync } = require('node:fs');
    const file = openSync(process.argv[1], 'r+');
    const bytes = Buffer.alloc(8);
    readSync(file, bytes, 0, 8, 8);
    bytes.writeBigUInt64LE(bytes.readBigUInt64LE() - BigInt(process.argv[2]));
    writeSync(file, bytes, 0, 8, 8);`;
  execFileSync(process.execPath, ['-e', script, join(folder, 'lock.mdb'), String(by)]);
}

for (const by of [1, 2, 3]) {
  test(`what is committed stays where lmdb begins a transaction ${by} before it`, async (t) => {
    const folder = emptyFolder(t);
    const log = await openLmdbLog(folder);
    t.teardown(() => log.close());
    const texts = [];
    for (let i = 1; i <= 10; i++) {
      const text = `line ${i}`;
      texts.push(text);
      const { position } = await log.append('r', { from: 'a', text, key: text });
      t.is(position.offset, i);
      setBack(folder, by);
      if (i % 3 === 0) {
        const { reset, events, head } = await log.read('r', position, 100);
        t.deepEqual({ reset, events, head }, { reset: false, events: [], head: i });
      }
      if (i % 2 === 0) t.true((await log.append('r', { from: 'a', text, key: text })).duplicate);
    }
    const { events } = await log.read('r', undefined, 100);
    t.deepEqual(
      events.map(({ text }) => text),
      texts,
    );
  });
}

test('who is in a room stays in it, and keeps the name', async (t) => {
  const folder = emptyFolder(t);
  const presence = openLmdbPresence(folder);
  t.teardown(() => presence.close());
  const names = [];
  for (let i = 0; i < 5; i++) {
    names.push((await presence.enter('r', { wish: '小李', client: undefined, naming: ROOM_NAMING })).name);
    for (const name of readdirSync(folder)) setBack(join(folder, name), 1);
  }
  t.deepEqual(names, ['小李', '小李2', '小李3', '小李4', '小李5']);
});
