import test from 'ava';
import { RoomError } from '../../src/rooms/room-error.ts';
import { testRandomly } from './event-log-random.ts';
import { testRetention } from './event-log-retention.ts';
import { testReopening, testSharing } from './event-log-sharing.ts';
import { ALL, appendAll, count, type LogUnderTest, offsetsOf, textsOf } from './log-under-test.ts';

const TEXTS = ['', ' ', 'hello', '\0', 'a\0b', '\n\r\t', '中文', '👍🏽', '\u{10ffff}', '￿', 'x'.repeat(1024 ** 2)];
const ROOMS = [
  'a',
  '.',
  '..',
  '../x',
  'A',
  '中文房间',
  '👍🏽',
  'é',
  'with space',
  'n'.repeat(600),
  '\0',
  'a\0b',
  '__proto__',
  '0',
];

/** The tests that every EventLog must pass. */
export function testEventLog(underTest: LogUnderTest): void {
  const { open, reopen, openAnother } = underTest;
  test("offsets count from 1 without holes, and events keep their caller's order", async (t) => {
    const log = await open(t);
    const acks = await Promise.all(count(500).map((i) => log.append('room', { from: 'a', text: `${i}` })));
    t.deepEqual(
      acks.map(({ position }) => position.offset),
      count(500),
    );
    t.true(acks.every(({ duplicate }) => !duplicate));
    const page = await log.read('room', undefined, ALL);
    t.deepEqual(offsetsOf(page.events), count(500));
    t.deepEqual(textsOf(page), count(500).map(String));
    t.deepEqual(await log.head('room'), acks.at(-1)?.position);
  });

  test('every text and name comes back as it was', async (t) => {
    const log = await open(t);
    for (const room of ROOMS) await appendAll(log, room, TEXTS.slice(0, 9));
    for (const room of ROOMS) t.deepEqual(textsOf(await log.read(room, undefined, ALL)), TEXTS.slice(0, 9), room);
    await Promise.all(TEXTS.map((text, i) => log.append('long', { from: `${text.slice(0, 20)}${i}`, text })));
    const { events } = await log.read('long', undefined, ALL);
    t.true(events.every(({ text, from }, i) => text === TEXTS[i] && from === `${text.slice(0, 20)}${i}`));
  });

  test('times are those of the appends and never go back', async (t) => {
    let now = 5000;
    const log = await open(t, { now: () => now });
    const first = await log.append('room', { from: 'a', text: '1' });
    now = 4000;
    const second = await log.append('room', { from: 'a', text: '2' });
    now = 6000;
    const third = await log.append('room', { from: 'a', text: '3' });
    t.deepEqual([first.at, second.at, third.at], [5000, 5000, 6000]);
    const { events } = await log.read('room', undefined, ALL);
    t.deepEqual(
      events.map(({ at }) => at),
      [5000, 5000, 6000],
    );
  });

  test('a key makes an event once, in its room', async (t) => {
    let now = 1000;
    const log = await open(t, { now: () => now });
    const publication = { from: 'a', text: 'once', key: 'k' };
    const first = await log.append('room', publication);
    now = 2000;
    const again = await log.append('room', { ...publication, text: 'other' });
    t.deepEqual(again, { ...first, duplicate: true });
    t.false((await log.append('other', publication)).duplicate);
    t.deepEqual(textsOf(await log.read('room', undefined, ALL)), ['once']);
    for (const key of ['', 'K', 'k\0', '中'.repeat(5000), `${'中'.repeat(4999)}x`]) {
      t.false((await log.append('room', { ...publication, key })).duplicate, key);
      t.true((await log.append('room', { ...publication, key })).duplicate, key);
    }
  });

  test('the same key at the same time makes one event', async (t) => {
    const log = await open(t);
    const acks = await Promise.all(
      count(50).map((i) => log.append('room', { from: 'a', text: `${i}`, key: `k${i % 5}` })),
    );
    t.is(acks.filter(({ duplicate }) => !duplicate).length, 5);
    t.deepEqual(
      acks.map(({ position }) => position.offset),
      count(50).map((i) => ((i - 1) % 5) + 1),
    );
    t.is((await log.head('room')).offset, 5);
  });

  test('a key is free again when retention has dropped its event', async (t) => {
    const log = await open(t, { maxEvents: 2 });
    await log.append('room', { from: 'a', text: '1', key: 'k' });
    await appendAll(log, 'room', ['2', '3']);
    const { duplicate, position } = await log.append('room', { from: 'a', text: '4', key: 'k' });
    t.deepEqual([duplicate, position.offset], [false, 4]);
    t.true((await log.append('room', { from: 'a', text: '4', key: 'k' })).duplicate);
  });

  test('reading begins after any place, and a page has as many events as asked for', async (t) => {
    const log = await open(t);
    await appendAll(log, 'room', count(20).map(String));
    const { epoch } = await log.head('room');
    for (let offset = 0; offset <= 20; offset++) {
      const page = await log.read('room', { epoch, offset }, 7);
      t.deepEqual(offsetsOf(page.events), count(20).slice(offset, offset + 7));
      t.deepEqual([page.after, page.head, page.reset, page.gap], [offset, 20, false, undefined]);
    }
    t.deepEqual((await log.read('room', undefined, 0)).events, []);
  });

  test('a page ends with the event that fills its bytes', async (t) => {
    const log = await open(t);
    await appendAll(
      log,
      'room',
      count(10).map(() => 'x'.repeat(99)),
    );
    t.is((await log.read('room', undefined, ALL, 100)).events.length, 1);
    t.is((await log.read('room', undefined, ALL, 101)).events.length, 2);
    t.is((await log.read('room', undefined, ALL, 1)).events.length, 1);
    t.is((await log.read('room', undefined, 3, 500)).events.length, 3);
  });

  test('a position of another log, or beyond the head, begins anew', async (t) => {
    const log = await open(t, { maxEvents: 3 });
    await appendAll(log, 'room', ['1', '2', '3', '4']);
    const { epoch } = await log.head('room');
    for (const position of [
      { epoch: 'other', offset: 2 },
      { epoch: 'other', offset: 0 },
      { epoch, offset: 5 },
      { epoch, offset: 2 ** 53 - 1 },
    ]) {
      const page = await log.read('room', position, ALL);
      t.deepEqual([page.reset, page.gap, page.after, page.epoch], [true, undefined, 1, epoch]);
      t.deepEqual(textsOf(page), ['2', '3', '4']);
    }
  });

  test('a position in an empty room is valid from the first head or read', async (t) => {
    const log = await open(t);
    const start = await log.head('room');
    t.is(start.offset, 0);
    t.deepEqual(await log.head('room'), start);
    const { epoch } = await log.read('other', undefined, ALL);
    t.deepEqual(await log.head('other'), { epoch, offset: 0 });
    await appendAll(log, 'room', ['1', '2']);
    const page = await log.read('room', start, ALL);
    t.deepEqual([textsOf(page), page.reset, page.gap], [['1', '2'], false, undefined]);
  });

  test('followers hear of every append once, in order, with the event', async (t) => {
    const log = await open(t);
    const heard: string[] = [];
    const unfollow = log.follow((room, head, event) => heard.push(`${room} ${head} ${event?.text}`));
    log.follow((room, head, event) => heard.push(`${room} ${head} ${event?.text}`))();
    await Promise.all([log.append('a', { from: 'a', text: '1', key: 'k' }), log.append('b', { from: 'a', text: '2' })]);
    await log.append('a', { from: 'a', text: 'again', key: 'k' });
    await log.append('a', { from: 'a', text: '3' });
    t.deepEqual(heard, ['a 1 1', 'b 1 2', 'a 2 3']);
    unfollow();
    await log.append('a', { from: 'a', text: '4' });
    t.is(heard.length, 3);
  });

  test('rooms in any number are apart from each other', async (t) => {
    const log = await open(t);
    const rooms = count(2000).map((i) => `room-${i}`);
    await Promise.all(rooms.map((room) => log.append(room, { from: 'a', text: room, key: 'k' })));
    for (const room of rooms) t.deepEqual(textsOf(await log.read(room, undefined, ALL)), [room]);
  });

  test('a closed log refuses what is asked of it', async (t) => {
    const log = await open(t);
    await log.append('room', { from: 'a', text: '1' });
    await Promise.all([log.close(), log.close()]);
    for (const ask of [
      () => log.append('room', { from: 'a', text: '2' }),
      () => log.head('room'),
      () => log.read('room', undefined, 1),
    ]) {
      t.is((await t.throwsAsync(ask, { instanceOf: RoomError }))?.code, 'unavailable');
    }
  });

  testRetention(underTest);
  testRandomly(underTest);
  if (reopen) testReopening(open, reopen);
  if (openAnother) testSharing(open, openAnother);
}
