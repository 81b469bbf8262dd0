import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { EventLog } from '../../src/rooms/event-log.ts';
import { type LmdbLogOptions, openLmdbLog } from '../../src/rooms/lmdb/log.ts';
import { openTables } from '../../src/rooms/lmdb/records.ts';
import { openStore } from '../../src/rooms/lmdb/store.ts';
import { until } from '../helpers/server.ts';
import { count } from '../suites/log-under-test.ts';
import { emptyFolder } from './folders.ts';

// Keys of a room go into their table 64 at a time: these tests cross that line, and come upon it from both sides.
const ALL = 1_000_000;

async function open(t: ExecutionContext, folder: string, options?: LmdbLogOptions): Promise<EventLog> {
  const log = await openLmdbLog(folder, options);
  t.teardown(() => log.close());
  return log;
}

/** Publishes each key again, which must repeat the first result. */
async function assertKnown(t: ExecutionContext, log: EventLog, offsets: ReadonlyMap<string, number>): Promise<void> {
  for (const [key, offset] of offsets) {
    const { position, duplicate } = await log.append('room', { from: 'a', text: 'again', key });
    t.deepEqual([key, position.offset, duplicate], [key, offset, true]);
  }
}

test('a key is found whoever appended it, and however long ago', async (t) => {
  const folder = emptyFolder(t);
  const logs = [await open(t, folder), await open(t, folder)] as const;
  const offsets = new Map<string, number>();
  for (const i of count(400)) {
    const log = logs[Math.floor(i / 7) % 2 === 0 ? 0 : 1];
    const key = i % 5 === 0 ? undefined : `key ${i}`;
    // A long one takes those before it into the table.
    const text = i === 250 ? 'x'.repeat(5000) : `${i}`;
    const { position, duplicate } = await log.append('room', { from: 'a', text, key });
    t.false(duplicate);
    if (key !== undefined) offsets.set(key, position.offset);
  }
  for (const log of [...logs, await open(t, folder)]) await assertKnown(t, log, offsets);
  for (const log of logs) await log.close();
  await assertKnown(t, await open(t, folder), offsets);
});

test('keys of many rooms are found when those in memory have been let go', async (t) => {
  const log = await open(t, emptyFolder(t));
  const publish = () =>
    Promise.all(count(1500).map((i) => log.append(`room ${i}`, { from: 'a', text: `${i}`, key: 'k' })));
  t.true((await publish()).every(({ duplicate }) => !duplicate));
  t.true((await publish()).every(({ position, duplicate }) => duplicate && position.offset === 1));
});

for (const maxEvents of [1, 10, 64, 100]) {
  test(`of ${maxEvents} events that are retained the keys are known, of others not`, async (t) => {
    const folder = emptyFolder(t);
    const options = { maxEvents };
    const logs = [await open(t, folder, options), await open(t, folder, options)] as const;
    for (const i of count(300)) {
      await logs[Math.floor(i / 50) % 2 === 0 ? 0 : 1].append('room', { from: 'a', text: `${i}`, key: `${i}` });
    }
    const retained = count(300).slice(-maxEvents);
    for (const log of logs) await assertKnown(t, log, new Map(retained.map((i) => [`${i}`, i])));
    const { position, duplicate } = await logs[0].append('room', { from: 'a', text: 'new', key: `${300 - maxEvents}` });
    t.deepEqual([position.offset, duplicate], [301, false]);
    await assertKnown(t, logs[1], new Map([[`${300 - maxEvents}`, 301]]));
  });
}

test('what is dropped leaves the tables, some at a time, and wholly when its time is over', async (t) => {
  let now = 1000;
  const folder = emptyFolder(t);
  const log = await open(t, folder, { maxEvents: 1000, maxAge: 5000, sweepInterval: 5, now: () => now });
  const store = openStore(folder);
  t.teardown(() => store.close());
  const { events, keys } = openTables(store.root);
  const sizes = () => [events, keys].map((table) => [...table.getKeys()].length);
  const publish = (i: number) => log.append('room', { from: 'a', text: `${i}`, key: `${i}` });
  for (const half of [count(750), count(755).map((i) => 750 + i)]) await Promise.all(half.map(publish));
  const { epoch, offset } = await log.head('room');
  const page = await log.read('room', { epoch, offset: 0 }, ALL);
  t.deepEqual([offset, page.events.length, page.gap], [1505, 1000, { from: 0, to: 505 }]);
  t.true(
    sizes().every((size) => size <= 1010),
    `${sizes()}`,
  );
  t.false((await publish(505)).duplicate);
  t.true((await publish(507)).duplicate);
  now = 9000;
  await until(() => sizes().every((size) => size === 0));
  t.is((await log.head('room')).offset, 1506);
});

test('the keys of a transaction that failed are free', async (t) => {
  let fails = false;
  let calls = 0;
  const now = () => {
    calls++;
    // The second event of the transaction takes the first with it.
    if (fails && calls > 1) throw new Error('on purpose');
    return 1000;
  };
  const log = await open(t, emptyFolder(t), { now, maxAge: Infinity });
  await log.append('room', { from: 'a', text: '1', key: '1' });
  [fails, calls] = [true, 0];
  const both = ['2', '3'].map((key) => log.append('room', { from: 'a', text: key, key }));
  t.true((await Promise.allSettled(both)).every(({ status }) => status === 'rejected'));
  fails = false;
  for (const [i, key] of ['4', '2', '3'].entries()) {
    const { position, duplicate } = await appendInTheEnd(log, key);
    t.deepEqual([position.offset, duplicate], [i + 2, false]);
  }
});

test('the keys of commits that a full disk refused are free, those of others are not', async (t) => {
  const folder = smallDisk(t);
  if (folder === undefined) return;
  // Nothing in reserve, so that it is LMDB that fails.
  const log = await open(t, join(folder, 'log'), { reserve: 0 });
  const keys = count(2000).map(String);
  const publish = (key: string) => log.append('room', { from: 'a', text: 'x'.repeat(1000), key });
  const first = await Promise.allSettled(keys.map(publish));
  t.true(first.some(({ status }) => status === 'rejected'));
  rmSync(join(folder, 'filler'));
  for (const [i, key] of keys.entries()) {
    const acknowledged = first[i]?.status === 'fulfilled' ? first[i].value.position : undefined;
    const { position, duplicate } = await appendInTheEnd(log, key);
    if (acknowledged) t.deepEqual([position, duplicate], [acknowledged, true]);
  }
  const { events } = await log.read('room', undefined, ALL);
  t.is(events.length, keys.length);
});

/** The store refuses everything for a moment after a failure. */
async function appendInTheEnd(log: EventLog, key: string): ReturnType<EventLog['append']> {
  for (;;) {
    const ack = await log.append('room', { from: 'a', text: 'x'.repeat(1000), key }).catch(() => undefined);
    if (ack) return ack;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A file system of 8 MiB that is nearly full; undefined, with the test skipped in plain sight, where it cannot be had. */
function smallDisk(t: ExecutionContext): string | undefined {
  const folder = join(emptyFolder(t), 'mounted');
  mkdirSync(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder], { stdio: 'pipe' });
  } catch (error) {
    t.log(`SKIPPED: a tmpfs cannot be mounted here: ${(error as Error).message.trim()}`);
    t.pass();
    return undefined;
  }
  t.teardown(() => execFileSync('umount', ['--lazy', folder]));
  writeFileSync(join(folder, 'filler'), Buffer.alloc(7 * 1024 ** 2));
  return folder;
}
