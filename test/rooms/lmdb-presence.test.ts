import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openLmdbPresence } from '../../src/rooms/lmdb/presence.ts';
import { isRunning, ownMark } from '../../src/rooms/lmdb/presence-machine.ts';
import { CHAT_NAMING } from '../../src/rooms/names.ts';
import { PresenceProcess } from '../helpers/presence-process.ts';
import { until } from '../helpers/server.ts';
import { presencePeersSuite, presenceSuite } from '../suites/presence.ts';

/** A folder that goes when the test is over, after what was registered later. */
function tempFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'text-event-server-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

presenceSuite(test, 'LMDB', (t, grace) => {
  const presence = openLmdbPresence(join(tempFolder(t), 'presence'), grace === undefined ? {} : { grace });
  t.teardown(() => presence.close());
  return presence;
});

presencePeersSuite(test, 'LMDB', async (t, grace) => {
  const folder = join(tempFolder(t), 'presence');
  const options = { grace, beatInterval: 50 };
  const peers: [PresenceProcess, PresenceProcess] = [
    new PresenceProcess(t, folder, options),
    new PresenceProcess(t, folder, options),
  ];
  await Promise.all(peers.map(({ ready }) => ready));
  return peers;
});

const pool = { naming: CHAT_NAMING, grace: 0 };

test('LMDB: who comes after all processes were killed finds every name free', async (t) => {
  const folder = join(tempFolder(t), 'presence');
  const before = new PresenceProcess(t, folder);
  await before.ready;
  for (const name of CHAT_NAMING.pool) t.is((await before.enter('a', pool)).name, name);
  await before.kill();
  const presence = openLmdbPresence(folder, { beatInterval: 3_600_000 });
  t.teardown(() => presence.close());
  t.deepEqual(await presence.members('a', 10), { names: [], count: 0 });
  t.is((await presence.enter('a', pool)).name, '小王');
});

test('LMDB: processes that are killed amid joins and leaves leave the pool whole', async (t) => {
  const folder = join(tempFolder(t), 'presence');
  const presence = openLmdbPresence(folder, { beatInterval: 20 });
  t.teardown(() => presence.close());
  const [first, ...others] = await Promise.all(Array.from({ length: 3 }, () => presence.enter('a', pool)));
  for (let round = 0; round < 4; round++) {
    const doomed = new PresenceProcess(t, folder);
    await doomed.ready;
    let entered = 0;
    const churn = async () => {
      for (;;) {
        const member = await doomed.enter('a', pool);
        if (++entered % 3 > 0) member.leave();
      }
    };
    for (let i = 0; i < 50; i++) void churn().catch(() => {});
    // Each round is cut off elsewhere.
    await until(() => entered > 37 * round);
    await doomed.kill();
  }
  await until(async () => (await presence.members('a', 10)).count === 3);
  t.deepEqual((await presence.members('a', 10)).names, ['小王', '小军', '小红']);
  first?.leave();
  const names: string[] = [];
  for (let i = 0; i < 4; i++) names.push((await presence.enter('a', pool)).name);
  t.deepEqual(names, ['小王', '小明', '访客5', '访客6']);
  for (const other of others) other.leave();
});

test('LMDB: a process of another container is judged by its silence', async (t) => {
  const folder = join(tempFolder(t), 'presence');
  // Its number is that of a process which lives: it says nothing here.
  const mark = { ...ownMark(), namespace: 'pid:[1]' };
  const there = new PresenceProcess(t, folder, { beatInterval: 50, mark });
  await there.ready;
  await there.enter('a', pool);
  const here = openLmdbPresence(folder, { beatInterval: 50, deadAfter: 30_000 });
  t.teardown(() => here.close());
  t.is((await here.members('a', 10)).count, 1);
  await there.kill();
  t.is((await here.members('a', 10)).count, 1, 'not silent for long enough');
  const later = openLmdbPresence(folder, { beatInterval: 50, deadAfter: 300 });
  t.teardown(() => later.close());
  await until(async () => (await here.members('a', 10)).count === 0);
});

test('LMDB: what an earlier life of the machine left is deleted, and nothing else', async (t) => {
  const folder = join(tempFolder(t), 'presence');
  const earlier = join(folder, '6f1c5c5e-0000-4000-8000-000000000000');
  for (const other of [earlier, join(folder, 'mine')]) {
    mkdirSync(other, { recursive: true });
    writeFileSync(join(other, 'data.mdb'), 'not even a database');
  }
  const presence = openLmdbPresence(folder);
  t.teardown(() => presence.close());
  t.false(existsSync(earlier));
  t.true(existsSync(join(folder, 'mine/data.mdb')));
});

test('LMDB: a full disk lets nobody in, ends no process, and leaves come through when there is room', async (t) => {
  const folder = tempFolder(t);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    t.log('skipped: only root may mount a small disk');
    t.pass();
    return;
  }
  // Lazily: a process of another test may have been started with what was open here.
  t.teardown(() => execFileSync('umount', ['-l', folder]));
  const presence = openLmdbPresence(join(folder, 'presence'), { beatInterval: 50 });
  t.teardown(() => presence.close());
  const members = await Promise.all(Array.from({ length: 1000 }, () => presence.enter('a', pool)));
  const enough = Buffer.alloc(16 * 1024 ** 2);
  t.throws(() => writeFileSync(join(folder, 'filling'), enough), { code: 'ENOSPC' });
  const refused = () =>
    presence.enter('a', pool).then(
      () => undefined,
      (error) => error,
    );
  await until(async () => (await refused()) !== undefined);
  t.like(await refused(), { code: 'unavailable', retryable: true });
  const { count } = await presence.members('a', 1);
  t.true(count >= 1000);
  for (const member of members) member.leave();
  t.like(await refused(), { code: 'unavailable' });
  rmSync(join(folder, 'filling'));
  await until(async () => (await presence.members('a', 1)).count === count - 1000);
  t.is((await presence.enter('a', pool)).name, '小王');
});

test('knows its own process, and neither a dead one, a later one of the same number nor one elsewhere', (t) => {
  const mark = ownMark();
  t.is(isRunning(mark), true);
  t.is(isRunning({ ...mark, started: '1' }), false);
  t.is(isRunning({ ...mark, pid: 2 ** 30 }), false);
  t.is(isRunning({ ...mark, namespace: 'pid:[1]' }), undefined);
  t.is(isRunning({ pid: process.pid }), undefined);
});
