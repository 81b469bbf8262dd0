import { cpSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { EventLog } from '../../src/rooms/event-log.ts';
import { openLmdbLog } from '../../src/rooms/lmdb/log.ts';
import { emptyFolder } from './folders.ts';

const ALL = 1_000_000;

async function open(t: ExecutionContext, folder: string, boot: string): Promise<EventLog> {
  const log = await openLmdbLog(folder, { boot });
  t.teardown(() => log.close());
  return log;
}

/** What a machine finds that stopped now: the files, without the log having been closed. */
function stoppedNow(t: ExecutionContext, folder: string): string {
  const copy = join(emptyFolder(t), 'copy');
  cpSync(folder, copy, { recursive: true, filter: (name) => !name.endsWith('lock.mdb') });
  return copy;
}

async function appendTo(log: EventLog, head: number): Promise<void> {
  for (let i = (await log.head('room')).offset + 1; i <= head; i++) {
    await log.append('room', { from: 'a', text: `${i}`, key: `${i}` });
  }
}

test('a log that was closed goes on after the machine was started again', async (t) => {
  const folder = emptyFolder(t);
  const before = await open(t, folder, 'first');
  await appendTo(before, 3);
  const position = await before.head('room');
  await before.close();
  const log = await open(t, folder, 'second');
  t.deepEqual(await log.head('room'), position);
});

test('a process that ended without closing costs nothing while the machine stays up', async (t) => {
  const folder = emptyFolder(t);
  const before = await open(t, folder, 'first');
  await appendTo(before, 3);
  const log = await open(t, stoppedNow(t, folder), 'first');
  t.deepEqual(await log.head('room'), await before.head('room'));
});

test('after the machine stopped without closing, positions are valid up to what was found', async (t) => {
  const folder = emptyFolder(t);
  const before = await open(t, folder, 'first');
  await before.head('room');
  await appendTo(before, 3);
  const found = stoppedNow(t, folder);
  await appendTo(before, 5);
  const { epoch } = await before.head('room');

  const log = await open(t, found, 'second');
  const life = await log.head('room');
  t.is(life.offset, 3);
  t.not(life.epoch, epoch);
  const at = (offset: number) => log.read('room', { epoch, offset }, ALL);
  await log.append('room', { from: 'a', text: 'new' });
  await log.append('room', { from: 'a', text: 'newer' });
  t.deepEqual(
    (await at(3)).events.map(({ text }) => text),
    ['new', 'newer'],
  );
  t.deepEqual([(await at(1)).events.length, (await at(1)).reset], [4, false]);
  // The fourth and the fifth were acknowledged and are lost; the new ones must not pass for them.
  t.true((await at(4)).reset);
  t.true((await at(5)).reset);
  t.true((await log.append('room', { from: 'a', text: '2', key: '2' })).duplicate);
});

test('positions of several lives are told apart', async (t) => {
  let folder = emptyFolder(t);
  const epochs: string[] = [];
  for (let life = 1; life <= 4; life++) {
    const log = await open(t, folder, `boot ${life}`);
    await appendTo(log, life * 2);
    epochs.push((await log.head('room')).epoch);
    folder = stoppedNow(t, folder);
  }
  const log = await open(t, folder, 'last');
  t.is(new Set(epochs).size, 4);
  for (const [i, epoch] of epochs.entries()) {
    const head = (i + 1) * 2;
    t.is((await log.read('room', { epoch, offset: head }, ALL)).events.length, 8 - head);
    t.is((await log.read('room', { epoch, offset: head + 1 }, ALL)).reset, true);
  }
});

test('who writes on after another has closed is not taken for closed', async (t) => {
  const folder = emptyFolder(t);
  const one = await open(t, folder, 'first');
  const other = await open(t, folder, 'first');
  await appendTo(one, 2);
  const { epoch } = await one.head('room');
  await one.close();
  await appendTo(other, 3);
  const log = await open(t, stoppedNow(t, folder), 'second');
  t.not((await log.head('room')).epoch, epoch);
});
