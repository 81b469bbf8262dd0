import test from 'ava';
import { until } from '../helpers/server.ts';
import { ALL, appendAll, count, type LogUnderTest, textsOf } from './log-under-test.ts';

/** What a log keeps when it is closed and opened again. */
export function testReopening(open: LogUnderTest['open'], reopen: NonNullable<LogUnderTest['reopen']>): void {
  test('events, keys and positions are there after a restart', async (t) => {
    const before = await open(t, { maxEvents: 5 });
    const empty = await before.head('empty');
    await appendAll(before, 'room', ['1', '2', '3', '4', '5']);
    const last = await before.append('room', { from: 'a', text: '6', key: 'k' });
    const log = await reopen(t, before, { maxEvents: 5 });
    t.deepEqual(await log.head('empty'), empty);
    t.deepEqual(await log.head('room'), last.position);
    t.deepEqual(await log.append('room', { from: 'a', text: 'again', key: 'k' }), { ...last, duplicate: true });
    const page = await log.read('room', { epoch: last.position.epoch, offset: 0 }, ALL);
    t.deepEqual([page.gap, page.reset, textsOf(page)], [{ from: 0, to: 1 }, false, ['2', '3', '4', '5', '6']]);
    t.is((await log.append('room', { from: 'a', text: '7' })).position.offset, 7);
    const { reset, events } = await log.read('empty', empty, ALL);
    t.deepEqual([reset, events], [false, []]);
  });

  test('closing waits for what was appended', async (t) => {
    const before = await open(t);
    const acks = Promise.all(count(100).map((i) => before.append('room', { from: 'a', text: `${i}` })));
    const log = await reopen(t, before);
    t.is((await acks).length, 100);
    t.is((await log.head('room')).offset, 100);
  });
}

/** A log that is open more than once. */
export function testSharing(open: LogUnderTest['open'], openAnother: NonNullable<LogUnderTest['openAnother']>): void {
  test('what one appends another reads, and hears of within a moment', async (t) => {
    const one = await open(t);
    const other = await openAnother(t, one);
    const { epoch } = await one.head('room');
    t.deepEqual(await other.head('room'), { epoch, offset: 0 });
    const heads: number[] = [];
    const unlisten = await other.listen?.('room');
    const unfollow = other.follow((room, head, event) => {
      t.is(room, 'room');
      if (event) t.deepEqual(event, { offset: head, at: event.at, from: 'a', text: `${head}` });
      heads.push(head);
    });
    for (let i = 1; i <= 30; i++) await one.append('room', { from: 'a', text: `${i}`, key: `${i}` });
    t.is((await other.read('room', { epoch, offset: 0 }, ALL)).events.length, 30);
    await until(() => heads.at(-1) === 30);
    unfollow();
    unlisten?.();
    t.deepEqual(
      heads,
      [...heads].sort((a, b) => a - b),
    );
    t.true((await other.append('room', { from: 'a', text: 'again', key: '7' })).duplicate);
    t.is((await other.append('room', { from: 'a', text: 'new' })).position.offset, 31);
    t.is((await one.head('room')).offset, 31);
  });

  test('who closes leaves the log to the other', async (t) => {
    const one = await open(t);
    const other = await openAnother(t, one);
    await one.append('room', { from: 'a', text: '1' });
    await one.close();
    t.is((await other.append('room', { from: 'a', text: '2' })).position.offset, 2);
    t.deepEqual(textsOf(await other.read('room', undefined, ALL)), ['1', '2']);
  });
}
