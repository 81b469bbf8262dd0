import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { MemoryPresence } from '../../src/rooms/memory/presence.ts';
import { Rooms, type RoomsOptions } from '../../src/rooms/rooms.ts';
import { until } from '../helpers/server.ts';
import { CountingFormat, ModelReader } from './model-reader.ts';
import { ScriptedLog } from './scripted-log.ts';

// All events come close to each other, however busy the machine is.
performance.now = () => 0;

function setUp(options: RoomsOptions = {}) {
  const log = new ScriptedLog();
  const rooms = new Rooms(log, new MemoryPresence({ grace: 0 }), options);
  const format = new CountingFormat();
  const say = (text: string) => rooms.publish('r', { from: 'a', text });
  const join = (start?: Parameters<Rooms['subscribe']>[3], reader = new ModelReader()) =>
    reader.join(rooms, 'r', format, start);
  return { log, rooms, format, say, join };
}

test('a reader gets what is published after it came, and a second one what comes after it', async (t) => {
  const { say, join } = setUp();
  await say('before');
  const first = await join();
  await say('one');
  const second = await join();
  await say('two');
  t.deepEqual(first.texts, ['one', 'two']);
  t.deepEqual(second.texts, ['two']);
});

test('nothing is delivered before the start, and then everything since the subscription', async (t) => {
  const { rooms, format, say } = setUp();
  const reader = new ModelReader();
  const subscription = await rooms.subscribe('r', reader, format);
  await say('one');
  await say('two');
  await turn();
  t.deepEqual(reader.texts, []);
  t.deepEqual(subscription.position, { epoch: 'e1', offset: 0 });
  subscription.start();
  subscription.start();
  await until(() => reader.texts.length === 2);
  t.deepEqual(reader.texts, ['one', 'two']);
  t.deepEqual(subscription.position, { epoch: 'e1', offset: 2 });
});

test('an event is encoded once for all the readers of a format, those who come later too', async (t) => {
  const { format, say, join } = setUp();
  const readers = await Promise.all(Array.from({ length: 10 }, () => join()));
  for (const text of ['a', 'b', 'c']) await say(text);
  await until(() => readers.every(({ texts }) => texts.length === 3));
  const late = await join({ after: { epoch: 'e1', offset: 0 } });
  await until(() => late.texts.length === 3);
  t.is(format.count, 3);
  for (const reader of readers) t.deepEqual(reader.encoded, late.encoded);
  t.true(readers.every(({ encoded }) => encoded[2] === late.encoded[2]));
});

for (const [how, options] of [
  ['the tail', {}],
  ['the log', { tailEvents: 0 }],
  ['the log, where no byte may be kept', { tailBytes: 0 }],
] as const) {
  test(`a reader resumes after its position from ${how}, exactly`, async (t) => {
    const { log, say, join } = setUp(options);
    log.grow('r', 2500);
    const reader = await join({ after: { epoch: 'e1', offset: 700 } });
    await until(() => reader.texts.length === 1800);
    await say('next');
    await until(() => reader.texts.length === 1801);
    t.is(reader.at, 'e1:2501');
    t.deepEqual(reader.complaints, []);
  });
}

test('who comes is not shown what the log would not keep any more', async (t) => {
  const { log, say, join } = setUp({ tailAge: 60_000 });
  const live = await join();
  for (let i = 0; i < 3; i++) await say('old');
  // The script's times are near 1970.
  log.keep('r', 1);
  const late = await join({ last: 10 });
  await until(() => late.at === 'e1:3' && live.at === 'e1:3');
  t.deepEqual([live.texts.length, late.texts.length], [3, 1]);
});

test('many readers that come back to the same place share one reading of the log', async (t) => {
  const { log, format, join } = setUp();
  log.grow('r', 900);
  const readers = await Promise.all(Array.from({ length: 200 }, () => join({ after: { epoch: 'e1', offset: 0 } })));
  await until(() => readers.every(({ at }) => at === 'e1:900'));
  t.is(log.reads, 1);
  t.is(format.count, 900);
});

test('the last so many events, as far as they are retained', async (t) => {
  const { log, join } = setUp();
  log.grow('r', 30);
  log.keep('r', 5);
  const some = await join({ last: 3 });
  const all = await join({ last: 20 });
  await until(() => some.texts.length === 3 && all.texts.length === 5);
  t.deepEqual([some.gaps, all.gaps, all.at], [[], [], 'e1:30']);
});

test('events published while a reader comes are neither lost nor doubled', async (t) => {
  const { log, say, join } = setUp();
  log.grow('r', 10);
  const open = log.hold();
  const coming = join({ after: { epoch: 'e1', offset: 0 } });
  await say('while it opens');
  log.grow('r', 1);
  log.tell('r');
  open();
  const reader = await coming;
  await say('while it reads');
  await until(() => reader.at === 'e1:13');
  t.deepEqual(reader.complaints, []);
});

test('what is published after the head was looked up, and before that is known, is delivered', async (t) => {
  const { log, join } = setUp();
  const open = log.hold();
  const coming = join();
  log.grow('r', 1);
  log.tell('r');
  open();
  const reader = await coming;
  await until(() => reader.at === 'e1:1');
  t.deepEqual(reader.texts, ['']);
});

test('more than a page at once from another process', async (t) => {
  const { log, join } = setUp();
  const reader = await join();
  log.grow('r', 2500);
  log.tell('r');
  await until(() => reader.at === 'e1:2500');
  t.deepEqual(reader.complaints, []);
});

test('what another process publishes is read from the log, in one order with what this one does', async (t) => {
  const { log, say, join } = setUp();
  const readers = [await join(), await join()];
  await say('one');
  log.grow('r', 3);
  await say('five');
  log.grow('r', 2);
  log.tell('r');
  log.tell('r');
  await until(() => readers.every(({ at }) => at === 'e1:7'));
  t.deepEqual(readers[0]?.texts, ['one', '', '', '', 'five', '', '']);
  t.deepEqual(readers[0]?.texts, readers[1]?.texts);
});

test('an event that is told of twice, or late, is delivered once', async (t) => {
  const { log, say, join } = setUp();
  const reader = await join();
  await say('one');
  await until(() => reader.texts.length === 1);
  log.grow('r', 1);
  log.tell('r');
  await until(() => reader.texts.length === 2);
  const reads = log.reads;
  log.tell('r');
  await turn();
  t.is(log.reads, reads);
  t.deepEqual([reader.texts.length, reader.complaints], [2, []]);
});

test('a reader that stands still holds a place and no events, keeps nobody waiting, and misses nothing', async (t) => {
  const { say, join } = setUp({ tailEvents: 10 });
  const slow = await join();
  const fast = await join();
  slow.stopped = true;
  for (let i = 0; i < 500; i++) await say(`${i}`);
  await until(() => fast.texts.length === 500);
  t.is(slow.texts.length, 2);
  t.deepEqual(slow.subscription?.position, { epoch: 'e1', offset: 2 });
  slow.go();
  await until(() => slow.texts.length === 500);
  t.deepEqual(slow.texts, fast.texts);
  await say('live again');
  t.is(slow.texts.at(-1), 'live again');
});

test('what retention has dropped is reported exactly, to who comes back and to who was too slow', async (t) => {
  const { log, say, join } = setUp({ tailEvents: 5 });
  const slow = await join();
  slow.stopped = true;
  for (let i = 0; i < 100; i++) await say(`${i}`);
  log.keep('r', 10);
  const late = await join({ after: { epoch: 'e1', offset: 40 } });
  slow.go();
  await until(() => slow.at === 'e1:100' && late.at === 'e1:100');
  t.deepEqual([slow.gaps, late.gaps, late.texts.length], [[88], [50], 10]);
  t.deepEqual([slow.complaints, late.complaints], [[], []]);
});

test('a gap that opens between two looks at the log is reported to those at the head', async (t) => {
  const { log, join } = setUp();
  log.grow('r', 3);
  const reader = await join();
  log.grow('r', 50);
  log.keep('r', 20);
  log.tell('r');
  await until(() => reader.at === 'e1:53');
  t.deepEqual([reader.gaps, reader.texts.length, reader.complaints], [[30], 20, []]);
});

test('a log that was replaced is told to all, and they go on with the new one', async (t) => {
  const { log, say, join } = setUp();
  const live = await join();
  const slow = await join();
  await say('one');
  await until(() => slow.at === 'e1:1');
  slow.stopped = true;
  for (let i = 0; i < 5; i++) await say('more');
  log.replace('r');
  await say('new');
  await until(() => live.at === 'e2:1');
  slow.go();
  const late = await join({ after: { epoch: 'e1', offset: 1 } });
  await until(() => slow.at === 'e2:1' && late.at === 'e2:1');
  t.deepEqual([live.resets, slow.resets, late.resets], [1, 1, 1]);
  await say('goes on');
  for (const reader of [live, slow, late]) {
    await until(() => reader.at === 'e2:2');
    t.deepEqual(reader.complaints, []);
  }
});

test('a log that was replaced when it was empty is noticed at its first event', async (t) => {
  const { log, say, join } = setUp();
  const reader = await join();
  log.replace('r');
  await say('first');
  await until(() => reader.at === 'e2:1');
  t.deepEqual([reader.resets, reader.texts], [1, ['first']]);
});

test('a position beyond the head is one of a log that was cut', async (t) => {
  const { log, join } = setUp();
  log.grow('r', 5);
  const reader = await join({ after: { epoch: 'e1', offset: 9 } });
  await until(() => reader.at === 'e1:5');
  t.deepEqual([reader.resets, reader.texts.length], [1, 5]);
});

test('a position that another process gave out a moment ago is ahead of this one, and no reset', async (t) => {
  const { log, say, join } = setUp();
  const early = await join();
  log.grow('r', 3);
  const ahead = await join({ after: { epoch: 'e1', offset: 3 } });
  await until(() => early.at === 'e1:3');
  await say('four');
  await until(() => ahead.at === 'e1:4' && early.at === 'e1:4');
  t.deepEqual([ahead.resets, ahead.texts, ahead.complaints], [0, ['four'], []]);
});

test('a store that fails makes readers wait, and is asked again', async (t) => {
  const errors: unknown[] = [];
  const { log, join } = setUp({ onError: (error) => errors.push(error) });
  log.grow('r', 3);
  const live = await join();
  const behind = await join();
  log.failures = 2;
  log.grow('r', 2);
  log.tell('r');
  const late = await join({ after: { epoch: 'e1', offset: 0 } });
  await until(() => [live, behind, late].every(({ at }) => at === 'e1:5'));
  t.is(errors.length, 2);
  t.deepEqual(
    [live, behind, late].map(({ complaints }) => complaints),
    [[], [], []],
  );
});

test('who cannot come because the store fails is told, and may come later', async (t) => {
  const { log, rooms, join } = setUp();
  log.failures = 1;
  await t.throwsAsync(join(), { code: 'unavailable' });
  t.is(rooms.size, 0);
  await t.notThrowsAsync(join());
});

test('an event larger than all that is kept in memory reaches everybody', async (t) => {
  const { say, join } = setUp({ tailBytes: 1000 });
  const live = await join();
  const slow = await join();
  slow.stopped = true;
  for (let i = 0; i < 5; i++) await say('x'.repeat(10_000));
  slow.go();
  await until(() => live.at === 'e1:5' && slow.at === 'e1:5');
  t.deepEqual([live.complaints, slow.complaints], [[], []]);
});

test('the rooms together keep in memory what they may, and give it back when nobody reads them', async (t) => {
  const log = new ScriptedLog();
  const rooms = new Rooms(log, new MemoryPresence(), { totalTailBytes: 10_000 });
  const format = new CountingFormat();
  const back = async (room: string) => {
    const reads = log.reads;
    const reader = await new ModelReader().join(rooms, room, format, {
      after: { epoch: log.end(room).epoch, offset: 0 },
    });
    await until(() => reader.texts.length === 3);
    t.deepEqual(reader.complaints, []);
    reader.subscription?.close();
    return log.reads - reads;
  };
  const fill = async (room: string) => {
    const reader = await new ModelReader().join(rooms, room, format);
    for (let i = 0; i < 3; i++) await rooms.publish(room, { from: 'a', text: 'x'.repeat(2500) });
    await until(() => reader.texts.length === 3);
    return reader;
  };
  const first = await fill('first');
  const second = await fill('second');
  t.is(await back('first'), 0);
  t.true((await back('second')) > 0);
  first.subscription?.close();
  second.subscription?.close();
  const third = await fill('third');
  t.is(await back('third'), 0);
  third.subscription?.close();
  t.is(rooms.size, 0);
});

test('10,000 readers that come and go leave nothing behind', async (t) => {
  const { rooms, format } = setUp();
  for (let i = 0; i < 100; i++) {
    const readers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => new ModelReader().join(rooms, `room ${n % 7}`, format)),
    );
    for (const [n, reader] of readers.entries()) {
      if (n % 3 === 0) reader.stopped = true;
    }
    await rooms.publish('room 1', { from: 'a', text: 'x' });
    for (const { subscription } of readers) {
      subscription?.close();
      subscription?.close();
    }
  }
  t.is(rooms.size, 0);
});

test('events that come close to each other go out together to many readers, and who comes meanwhile begins after them', async (t) => {
  const { log, rooms, say, join } = setUp();
  log.answersEach = true;
  const crowd = await Promise.all(Array.from({ length: 500 }, () => join()));
  // All in one turn, so that they are close.
  await Promise.all(['one', 'two', 'three'].map(say));
  t.deepEqual(crowd[0]?.texts, ['one']);
  const late = await join();
  t.deepEqual(crowd[0]?.texts, ['one', 'two', 'three']);
  await Promise.all(['four', 'five'].map(say));
  await until(() => late.texts.length === 2);
  rooms.close();
  t.deepEqual(late.texts, ['four', 'five']);
  for (const { texts, complaints } of crowd) t.deepEqual([texts.length, complaints], [5, []]);
});

test('the end of the rooms, and of the last reader, does not wait for what is gathered', async (t) => {
  const { log, rooms, say, join } = setUp();
  log.answersEach = true;
  const crowd = await Promise.all(Array.from({ length: 500 }, () => join()));
  await Promise.all(['one', 'two'].map(say));
  for (const { subscription } of crowd) subscription?.close();
  await turn();
  t.deepEqual(rooms.usage(), { rooms: 0, readers: 0, behind: 0, tailBytes: 0 });
  const others = await Promise.all(Array.from({ length: 500 }, () => join()));
  await Promise.all(['three', 'four'].map(say));
  rooms.close();
  for (const { texts, complaints } of others) t.deepEqual([texts, complaints], [['three', 'four'], []]);
});

test('a reader that has closed gets nothing more, also where it was waiting', async (t) => {
  const { log, say, join } = setUp({ tailEvents: 0 });
  log.grow('r', 3);
  const waiting = await join();
  waiting.stopped = true;
  for (let i = 0; i < 3; i++) await say('x');
  const open = log.hold();
  const reading = await join({ after: { epoch: 'e1', offset: 0 } });
  waiting.subscription?.close();
  reading.subscription?.close();
  open();
  waiting.go();
  await say('after');
  await turn();
  t.deepEqual([waiting.texts.length, reading.texts.length], [2, 0]);
});

test('who watches a room is told who comes and goes, and who has ended the watch is not', async (t) => {
  const { rooms } = setUp();
  const seen: string[] = [];
  const stop = rooms.watch('r', (change, name) => seen.push(`${change} ${name}`));
  const naming = { pool: [], guestPrefix: 'g', guestFrom: 1 };
  const member = await rooms.enter('r', { wish: 'a', naming });
  await rooms.enter('other', { wish: 'b', naming });
  member.leave();
  stop();
  stop();
  await rooms.enter('r', { wish: 'c', naming });
  t.deepEqual(seen, ['join a', 'leave a']);
  t.is(rooms.size, 0);
});
