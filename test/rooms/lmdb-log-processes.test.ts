import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { openLmdbLog } from '../../src/rooms/lmdb/log.ts';
import { until } from '../helpers/server.ts';
import { emptyFolder } from './folders.ts';
import { LogChild } from './log-child.ts';

const ALL = 1_000_000;
const KILLS = 20;

test('processes that append to one room at the same time share its offsets, and all hear of all', async (t) => {
  const folder = emptyFolder(t);
  const log = await openLmdbLog(folder);
  t.teardown(() => log.close());
  let head = 0;
  log.follow((_room, newest) => {
    head = Math.max(head, newest);
  });
  const children = await Promise.all([new LogChild(t, folder), new LogChild(t, folder)].map((child) => child.ready()));
  for (const [i, child] of children.entries()) child.append('room', `child ${i}`, 500);
  const own = await Promise.all(
    Array.from({ length: 500 }, (_, i) => log.append('room', { from: 'own', text: `own ${i}` })),
  );
  await until(() => head === 1500 && children.every(({ heads }) => heads.get('room') === 1500));
  await until(() => children.every(({ acknowledged }) => acknowledged.size === 500));

  const texts = new Map(own.map(({ position }, i) => [position.offset, `own ${i}`]));
  for (const { acknowledged } of children) for (const [offset, text] of acknowledged) texts.set(offset, text);
  const { events } = await log.read('room', undefined, ALL);
  t.deepEqual(
    events.map(({ offset }) => offset),
    Array.from({ length: 1500 }, (_, i) => i + 1),
  );
  t.true(events.every(({ offset, text }) => texts.get(offset) === text));
});

test(`every acknowledged append outlives its process, ${KILLS} times killed in the middle`, async (t) => {
  const folder = emptyFolder(t);
  const log = await openLmdbLog(folder);
  t.teardown(() => log.close());
  const { epoch } = await log.head('room');
  let next = new LogChild(t, folder).ready();
  for (let round = 1; round <= KILLS; round++) {
    const child = await next;
    next = new LogChild(t, folder).ready();
    const before = await log.head('room');
    child.append('room', `round ${round}`, 5000);
    await until(() => child.acknowledged.size > 20 * Math.random());
    await child.kill();
    // The lock that it may have held is free, and what it had acknowledged is there.
    const own = await log.append('room', { from: 'own', text: 'after' });
    const { events, gap, reset } = await log.read('room', before, ALL);
    t.deepEqual([gap, reset, events.at(-1)?.offset], [undefined, false, own.position.offset]);
    t.deepEqual(
      events.map(({ offset }) => offset),
      events.map((_, i) => before.offset + 1 + i),
    );
    const texts = new Map(events.map(({ offset, text }) => [offset, text]));
    const lost = [...child.acknowledged].filter(([offset, text]) => texts.get(offset) !== text);
    t.deepEqual(lost, [], `round ${round}`);
  }
  await (await next).close();
  t.is((await log.head('room')).epoch, epoch);
});

test('who waits too long for another process is refused, and goes on when that one has ended', async (t) => {
  const folder = emptyFolder(t);
  const log = await openLmdbLog(folder, { patience: 200 });
  t.teardown(() => log.close());
  await log.append('room', { from: 'a', text: '1' });
  const hog = fork(fileURLToPath(new URL('log-hog.ts', import.meta.url)), [folder], { execArgv: ['--import=tsx'] });
  t.teardown(() => hog.kill('SIGKILL'));
  await once(hog, 'message');
  // The first has asked for its turn, the second comes while it waits: both are told, and reading goes on.
  const both = [log.append('room', { from: 'a', text: '2' }), log.append('other', { from: 'a', text: '3' })];
  t.is((await log.read('room', undefined, ALL)).events.length, 1);
  for (const refused of await Promise.allSettled(both)) {
    t.is(refused.status === 'rejected' && refused.reason.code, 'unavailable');
  }
  hog.kill('SIGKILL');
  await until(() => hog.signalCode !== null);
  let offset = 0;
  while (offset === 0) {
    const ack = await log.append('room', { from: 'a', text: '4' }).catch(() => undefined);
    offset = ack?.position.offset ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  t.is(offset, 2);
  t.deepEqual(
    (await log.read('room', undefined, ALL)).events.map(({ text }) => text),
    ['1', '4'],
  );
});
