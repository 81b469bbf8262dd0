import assert from 'node:assert/strict';
import test, { type ExecutionContext } from 'ava';
import type { EventLog, Page, RoomEvent } from '../../src/rooms/event-log.ts';
import type { LogOptions } from '../../src/rooms/log-limits.ts';
import { RoomError } from '../../src/rooms/room-error.ts';
import { type Dice, fuzz } from '../fuzz/seeds.ts';
import { ModelLog } from './event-log-model.ts';

/** An implementation of EventLog, as the suite needs it. */
export interface LogUnderTest {
  /** The test file, to be named where a random round fails. */
  readonly file: string;
  /** Opens an empty log, which is closed when the test ends. */
  open(t: ExecutionContext, options?: LogOptions): Promise<EventLog>;
  /** Closes a log and opens what it kept; left out where nothing is kept. */
  reopen?(t: ExecutionContext, log: EventLog, options?: LogOptions): Promise<EventLog>;
  /** Opens the same log once more; left out where it cannot be shared. */
  openAnother?(t: ExecutionContext, log: EventLog, options?: LogOptions): Promise<EventLog>;
}

const ALL = 1_000_000;
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

const textsOf = ({ events }: Page): string[] => events.map(({ text }) => text);
const offsetsOf = (events: readonly RoomEvent[]): number[] => events.map(({ offset }) => offset);
const count = (to: number): number[] => Array.from({ length: to }, (_, i) => i + 1);

async function appendAll(log: EventLog, room: string, texts: readonly string[]): Promise<void> {
  await Promise.all(texts.map((text) => log.append(room, { from: 'a', text })));
}

/** Looks until what is read is as wanted; a log that never comes there fails with the test's time. */
async function readUntil(log: EventLog, room: string, wanted: (page: Page) => boolean): Promise<Page> {
  for (;;) {
    const page = await log.read(room, undefined, ALL);
    if (wanted(page)) return page;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The tests that every EventLog must pass. */
export function testEventLog({ file, open, reopen, openAnother }: LogUnderTest): void {
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

  test('retention by count leaves the newest and reports the gap exactly', async (t) => {
    const log = await open(t, { maxEvents: 5 });
    await appendAll(log, 'room', count(12).map(String));
    const { epoch } = await log.head('room');
    const page = await log.read('room', { epoch, offset: 3 }, ALL);
    t.deepEqual(page.gap, { from: 3, to: 7 });
    t.deepEqual([offsetsOf(page.events), page.after, page.reset], [[8, 9, 10, 11, 12], 7, false]);
    t.is((await log.read('room', { epoch, offset: 7 }, ALL)).gap, undefined);
    t.is((await log.read('room', undefined, ALL)).gap, undefined);
  });

  test('retention by bytes counts UTF-8 and keeps the newest event in any case', async (t) => {
    const log = await open(t, { maxBytes: 10 });
    await log.append('room', { from: 'a', text: '中中' });
    await log.append('room', { from: 'a', text: '12' });
    t.is((await log.read('room', undefined, ALL)).events.length, 2);
    await log.append('room', { from: 'a', text: '' });
    t.deepEqual(textsOf(await log.read('room', undefined, ALL)), ['12', '']);
    await log.append('room', { from: 'a', text: 'x'.repeat(50) });
    t.deepEqual(offsetsOf((await log.read('room', undefined, ALL)).events), [4]);
  });

  test('retention by age empties a room, whose head and positions stay', async (t) => {
    let now = 1000;
    const log = await open(t, { maxAge: 1000, sweepInterval: 5, now: () => now });
    await appendAll(log, 'room', ['1', '2']);
    now = 1600;
    await log.append('room', { from: 'a', text: '3', key: 'k' });
    const { epoch } = await log.head('room');
    now = 2001;
    const page = await readUntil(log, 'room', ({ events }) => events.length < 3);
    t.deepEqual([textsOf(page), page.after], [['3'], 2]);
    now = 9000;
    await readUntil(log, 'room', ({ events }) => events.length === 0);
    t.deepEqual(await log.head('room'), { epoch, offset: 3 });
    t.deepEqual((await log.read('room', { epoch, offset: 1 }, ALL)).gap, { from: 1, to: 3 });
    const { reset, gap } = await log.read('room', { epoch, offset: 3 }, ALL);
    t.deepEqual([reset, gap], [false, undefined]);
    const { position, duplicate } = await log.append('room', { from: 'a', text: '4', key: 'k' });
    t.deepEqual([position, duplicate], [{ epoch, offset: 4 }, false]);
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

  test('beyond the bound on rooms the longest idle empty one goes', async (t) => {
    let now = 1_000_000;
    const later = () => {
      now += 100_000;
    };
    const log = await open(t, { maxRooms: 3, now: () => now });
    const a = await log.head('a');
    later();
    const b = await log.head('b');
    later();
    const c = await log.append('c', { from: 'a', text: '1' });
    later();
    t.deepEqual(await log.head('a'), a);
    later();
    const d = await log.head('d');
    t.deepEqual(await log.head('a'), a, 'a was asked for later than b');
    t.deepEqual((await log.read('c', undefined, ALL)).epoch, c.position.epoch, 'c has events');
    await log.append('a', { from: 'a', text: '2' });
    later();
    t.not((await log.head('b')).epoch, b.epoch, 'b has gone, and comes back as another in the place of d');
    await log.append('b', { from: 'a', text: '3' });
    const error = await t.throwsAsync(log.append('d', { from: 'a', text: '4' }), { instanceOf: RoomError });
    t.is(error?.code, 'too_many_rooms');
    await t.throwsAsync(log.head('e'), { instanceOf: RoomError });
    await t.throwsAsync(log.read('e', d, ALL), { instanceOf: RoomError });
    t.false((await log.append('a', { from: 'a', text: '5' })).duplicate, 'rooms that are there go on');
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

  test('does as a simple model does, whatever the sequence', async (t) => {
    const limits = [1, 2, 7, 12].map((maxEvents) => ({ maxEvents, maxBytes: maxEvents * 20 }));
    const logs = await Promise.all(limits.map((each) => open(t, each)));
    let round = 0;
    await fuzz(t, file, async (dice) => {
      const i = dice.whole(0, limits.length - 1);
      const model = new ModelLog(limits[i] as (typeof limits)[number]);
      const rooms = [`a${++round}`, `b${round}`];
      for (let step = dice.whole(1, 20); step > 0; step--) {
        await compareStep(logs[i] as EventLog, model, rooms, dice);
      }
    });
  });

  if (reopen) testReopening(open, reopen);
  if (openAnother) testSharing(open, openAnother);
}

/** Does a few things at once in both, and compares every answer. */
async function compareStep(log: EventLog, model: ModelLog, names: readonly string[], dice: Dice): Promise<void> {
  const publications = Array.from({ length: dice.whole(1, 6) }, () => ({
    from: dice.pick(['a', '中']),
    text: 'x中'.repeat(dice.whole(0, 12)),
    ...(dice.oneIn(2) && { key: dice.pick(['1', '2', '3', '4']) }),
  }));
  const rooms = publications.map(() => dice.pick(names));
  const acks = await Promise.all(publications.map((publication, i) => log.append(rooms[i] ?? '', publication)));
  const expected = publications.map((publication, i) => model.append(rooms[i] ?? '', publication));
  assert.deepEqual(
    acks.map(({ position, duplicate }) => [position.offset, duplicate]),
    expected,
  );
  const room = dice.pick(names);
  const { epoch, offset } = await log.head(room);
  assert.equal(offset, model.head(room));
  const [after, limit, bytes] = [dice.whole(0, offset + 2), dice.whole(0, 8), dice.whole(1, 60)];
  const page = await log.read(room, { epoch, offset: after }, limit, bytes);
  const { head, reset, gap, events } = page;
  const seen = {
    after: page.after,
    head,
    reset,
    gap,
    events: events.map(({ offset, from, text }) => ({ offset, from, text })),
  };
  assert.deepEqual(seen, model.read(room, after, limit, bytes));
}

function testReopening(open: LogUnderTest['open'], reopen: NonNullable<LogUnderTest['reopen']>): void {
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

function testSharing(open: LogUnderTest['open'], openAnother: NonNullable<LogUnderTest['openAnother']>): void {
  test('what one appends another reads, and hears of within a moment', async (t) => {
    const one = await open(t);
    const other = await openAnother(t, one);
    const { epoch } = await one.head('room');
    t.deepEqual(await other.head('room'), { epoch, offset: 0 });
    const heads: number[] = [];
    const heard = new Promise<void>((resolve) => {
      const unfollow = other.follow((room, head, event) => {
        t.deepEqual([room, event], ['room', undefined]);
        heads.push(head);
        if (head < 30) return;
        unfollow();
        resolve();
      });
    });
    for (let i = 1; i <= 30; i++) await one.append('room', { from: 'a', text: `${i}`, key: `${i}` });
    t.is((await other.read('room', { epoch, offset: 0 }, ALL)).events.length, 30);
    await heard;
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
