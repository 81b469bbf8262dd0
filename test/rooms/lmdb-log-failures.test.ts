import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { TextEventError } from '../../src/errors.ts';
import type { EventLog } from '../../src/rooms/event-log.ts';
import { openLmdbLog } from '../../src/rooms/lmdb/log.ts';
import { openTables } from '../../src/rooms/lmdb/records.ts';
import { openStore } from '../../src/rooms/lmdb/store.ts';
import { RoomError } from '../../src/rooms/room-error.ts';
import { emptyFolder } from './folders.ts';

const ALL = 1_000_000;

async function filled(t: ExecutionContext, folder = emptyFolder(t)): Promise<{ folder: string; file: string }> {
  const log = await openLmdbLog(folder);
  for (let i = 0; i < 20; i++)
    await log.append(`room ${i % 3}`, { from: 'a', text: 'x'.repeat(i * 2000), key: `${i}` });
  await log.close();
  return { folder, file: join(folder, 'data.mdb') };
}

async function assertRefused(t: ExecutionContext, folder: string, message: RegExp): Promise<void> {
  const error = await t.throwsAsync(openLmdbLog(folder), { instanceOf: TextEventError, message });
  t.is(error?.code, 'ERR_STORE');
  t.true(error?.message.includes(folder));
}

const DAMAGED = /^the room log .+data\.mdb is damaged: .+; put a copy of .+ back, or move it away/;
const UNUSABLE = /^the room log cannot be kept in .+; give DATA_DIR a folder/;

test('a file that is no log is refused, and named', async (t) => {
  const { folder, file } = await filled(t);
  writeFileSync(file, 'this is not a database'.repeat(1000));
  await assertRefused(t, folder, DAMAGED);
  writeFileSync(file, Buffer.alloc(16_384));
  await assertRefused(t, folder, DAMAGED);
  writeFileSync(file, 'short');
  await assertRefused(t, folder, DAMAGED);
});

test('a file that was cut is refused', async (t) => {
  const { folder, file } = await filled(t);
  const whole = readFileSync(file);
  const texts = await textsIn(folder);
  let refused = 0;
  for (let size = 1; size < whole.length; size += Math.ceil(whole.length / 40)) {
    writeFileSync(file, whole.subarray(0, size));
    try {
      t.true(isDeepStrictEqual(await textsIn(folder), texts), `${size} bytes of ${whole.length}`);
    } catch (error) {
      t.regex((error as Error).message, DAMAGED);
      refused++;
    }
  }
  t.true(refused > 20, `${refused}`);
});

test('a file that lacks only pages that were never written is whole', async (t) => {
  const { folder, file } = await filled(t);
  const texts = await textsIn(folder);
  const bytes = readFileSync(file);
  const pageSize = bytes.readUInt32LE(48);
  // The last page, in each of the two headers: as if some had been taken and given back in one transaction.
  for (const at of [144, pageSize + 144]) bytes.writeBigUInt64LE(bytes.readBigUInt64LE(at) + 3n, at);
  writeFileSync(file, bytes);
  t.deepEqual(await textsIn(folder), texts);
  t.is(readFileSync(file).length, bytes.length + 3 * pageSize);
});

test('a log that has a hole inside says so in place of leaving events out', async (t) => {
  const { folder } = await filled(t);
  const store = openStore(folder);
  const { events } = openTables(store.root);
  const [, second] = [...events.getKeys()];
  await store.write(() => events.removeSync(second as Buffer));
  await store.close();
  const log = await openLmdbLog(folder);
  t.teardown(() => log.close());
  const error = await t.throwsAsync(log.read('room 0', undefined, ALL), { instanceOf: RoomError });
  t.is(error?.code, 'unavailable');
  t.regex(String(error?.cause), /: events of room 0 are missing after 1$/);
});

async function textsIn(folder: string): Promise<string[][]> {
  const log = await openLmdbLog(folder);
  try {
    const pages = await Promise.all([0, 1, 2].map((i) => log.read(`room ${i}`, undefined, ALL)));
    return pages.map(({ events }) => events.map(({ text }) => text));
  } finally {
    await log.close();
  }
}

test('a file where a folder should be is refused', async (t) => {
  const folder = join(emptyFolder(t), 'log');
  writeFileSync(folder, '');
  await assertRefused(t, folder, UNUSABLE);
  await assertRefused(t, join(folder, 'below'), UNUSABLE);
});

test('a folder that cannot be written is refused', async (t) => {
  const mounted = mountTmpfs(t, 'size=4m');
  if (mounted === undefined) return;
  execFileSync('mount', ['-o', 'remount,ro', mounted]);
  await assertRefused(t, mounted, UNUSABLE);
  await assertRefused(t, join(mounted, 'below'), UNUSABLE);
});

test('a full disk is an error to the publisher, and the log goes on when there is room', async (t) => {
  const mounted = mountTmpfs(t, 'size=4m');
  if (mounted === undefined) return;
  // Nothing in reserve, so that it is LMDB that fails.
  const log = await openLmdbLog(join(mounted, 'log'), { reserve: 0 });
  t.teardown(() => log.close());
  const acknowledged = await appendUntilFull(log);
  t.true(acknowledged.length > 0);
  t.is((await log.read('room', undefined, ALL)).events.length, acknowledged.length);
  // Many at once while it is full: each is told, and nothing is left to reject later.
  const refused = await Promise.allSettled(
    Array.from({ length: 200 }, (_, i) => log.append(`room ${i}`, { from: 'a', text: 'y'.repeat(30_000) })),
  );
  t.true(refused.every(({ status }) => status === 'rejected'));

  rmSync(join(mounted, 'filler'));
  const again = await appendUntil(log, (error) => error === undefined);
  t.is(again, acknowledged.length + 1);
  const { events } = await log.read('room', undefined, ALL);
  t.deepEqual(
    events.map(({ offset }) => offset),
    Array.from({ length: again }, (_, i) => i + 1),
  );
  t.true(events.every(({ text }) => text === 'x'.repeat(30_000)));
});

test('a reserve of the disk is left free', async (t) => {
  const mounted = mountTmpfs(t, 'size=4m');
  if (mounted === undefined) return;
  const reserve = 512 * 1024;
  const log = await openLmdbLog(join(mounted, 'log'), { reserve });
  t.teardown(() => log.close());
  const acknowledged = await appendUntilFull(log);
  const { bavail, bsize } = statfsSync(mounted);
  t.true(bavail * bsize > 0 && bavail * bsize < reserve, `${bavail * bsize} bytes are free`);
  rmSync(join(mounted, 'filler'));
  t.is(await appendUntil(log, (error) => error === undefined), acknowledged.length + 1);
});

test('a disk that is full at the start is refused', async (t) => {
  const mounted = mountTmpfs(t, 'size=64k');
  if (mounted === undefined) return;
  writeFileSync(join(mounted, 'filler'), Buffer.alloc(64 * 1024));
  await assertRefused(t, join(mounted, 'log'), UNUSABLE);
});

/** Appends one at a time until the disk, of which most is taken, is full. */
async function appendUntilFull(log: EventLog): Promise<number[]> {
  const offsets: number[] = [];
  for (;;) {
    try {
      offsets.push((await log.append('room', { from: 'a', text: 'x'.repeat(30_000) })).position.offset);
    } catch (error) {
      if (error instanceof RoomError && error.code === 'unavailable' && error.retryable) return offsets;
      throw error;
    }
  }
}

/** Tries one append again and again until it ends as wanted. */
async function appendUntil(log: EventLog, isWanted: (error: unknown) => boolean): Promise<number> {
  for (;;) {
    let [offset, failure]: [number, unknown] = [0, undefined];
    try {
      offset = (await log.append('room', { from: 'a', text: 'x'.repeat(30_000), key: 'again' })).position.offset;
    } catch (error) {
      failure = error;
    }
    if (isWanted(failure)) return offset;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A small file system of its own; undefined, with the test failed or skipped in plain sight, where it cannot be had. */
function mountTmpfs(t: ExecutionContext, options: string): string | undefined {
  const folder = join(emptyFolder(t), 'mounted');
  mkdirSync(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'pipe' });
  } catch (error) {
    const reason = `a tmpfs cannot be mounted here: ${(error as Error).message.trim()}`;
    t.log(`SKIPPED: ${reason}`);
    if (process.env.CI === 'true' && process.getuid?.() === 0) t.fail(reason);
    else t.pass();
    return undefined;
  }
  t.teardown(() => execFileSync('umount', ['--lazy', folder]));
  if (options === 'size=4m') writeFileSync(join(folder, 'filler'), Buffer.alloc(3 * 1024 ** 2));
  return folder;
}
