import test from 'ava';
import { RoomError } from '../../src/rooms/room-error.ts';
import { ALL, appendAll, count, type LogUnderTest, offsetsOf, readUntil, textsOf } from './log-under-test.ts';

/** What a log drops, and what it says of it. */
export function testRetention({ open }: LogUnderTest): void {
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

  test('knows what it holds', async (t) => {
    let now = 1000;
    const log = await open(t, { maxEvents: 3, maxAge: 1000, sweepInterval: 5, now: () => now });
    t.like(await log.size?.(), { rooms: 0, events: 0 });
    await log.head('empty');
    await appendAll(log, 'a', count(5).map(String));
    now = 1500;
    await appendAll(log, 'b', count(2).map(String));
    const size = await log.size?.();
    t.like(size, { rooms: 3, events: 5 });
    t.true((size?.bytes ?? 0) >= 10);
    now = 2100;
    await readUntil(log, 'a', ({ events }) => events.length === 0);
    t.like(await log.size?.(), { rooms: 3, events: 2 });
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

  test('rooms that come and go at once leave nothing behind', async (t) => {
    const log = await open(t, { maxRooms: 3, now: () => 1_000_000 });
    const rooms = count(10).map((i) => `room ${i}`);
    const first = await Promise.all(rooms.map((room) => log.head(room)));
    const kept = await Promise.all(rooms.slice(7).map((room) => log.head(room)));
    t.deepEqual(kept, first.slice(7));
    t.not((await log.head('room 1')).epoch, first[0]?.epoch);
  });
}
