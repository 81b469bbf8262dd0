import test, { type ExecutionContext } from 'ava';
import { WebSocket } from 'ws';
import {
  join,
  memoryStore,
  type Room,
  type RoomError,
  type RoomEvent,
  type RoomOptions,
} from '../../client/src/index.ts';
import { type RoomServer, startRoomServer } from '../helpers/room-server.ts';
import { until } from '../helpers/server.ts';

const soon = { shortest: 1, longest: 1 };

function enter(t: ExecutionContext, server: RoomServer, options: RoomOptions = {}): { room: Room; seen: string[] } {
  const room = join(server.url, 'lobby', { WebSocket, backoff: soon, ...options });
  t.teardown(() => room.close());
  const seen: string[] = [];
  room.on('event', ({ text }) => seen.push(text));
  return { room, seen };
}

const isOpen = (room: Room) => until(() => room.state.name === 'open');
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => String(from + index));

test('joins with a name, hears every line, and publishes one that is acknowledged with its position', async (t) => {
  const server = await startRoomServer(t);
  const { room } = enter(t, server, { name: '小李' });
  const events: RoomEvent[] = [];
  room.on('event', (event) => events.push(event));
  const position = await room.publish('你好');
  t.is(position, 'a:1');
  t.is(room.name, '小李');
  t.deepEqual(room.members, ['小李']);
  await until(() => events.length === 1);
  t.like(events[0], { position, from: '小李', text: '你好' });
  t.true(Math.abs(Date.parse(events[0]?.at ?? '') - Date.now()) < 60_000);
  t.is(room.position, position);
  t.is(room.address, `${server.url}rooms/lobby`);
});

test('a name of a room that is not ASCII is part of its address', async (t) => {
  const room = join('https://a.example/chat.html?x', '大厅', { WebSocket });
  room.close();
  t.is(room.address, 'wss://a.example/rooms/%E5%A4%A7%E5%8E%85');
});

test('a server that is killed and comes back: every line once, in order, on both sides', async (t) => {
  const server = await startRoomServer(t);
  const { room, seen } = enter(t, server);
  const publishing: Promise<string>[] = [];
  for (const text of numbers(1, 200)) {
    publishing.push(room.publish(text));
    if (publishing.length % 70 !== 0) continue;
    // Some of the last lines are on their way, some acknowledged.
    await until(() => server.received.length >= publishing.length - 20);
    await server.stop();
    server.append(`while away ${text}`);
    await server.start();
  }
  const positions = await Promise.all(publishing);
  t.is(new Set(positions).size, 200);
  await until(() => seen.length === 202);
  t.deepEqual(seen, server.texts);
});

test('a line that was published and not acknowledged is sent again, and is there once', async (t) => {
  const server = await startRoomServer(t);
  const { room, seen } = enter(t, server);
  server.withholdAcks = true;
  const acks: boolean[] = [];
  room.on('ack', ({ duplicate }) => acks.push(duplicate));
  const publishing = room.publish('a');
  await until(() => server.received.length === 1);
  t.is(room.unacknowledged.length, 1);
  server.withholdAcks = false;
  server.close(1012);
  t.is(await publishing, 'a:1');
  t.is(server.received.length, 2);
  t.is(server.received[0]?.key, server.received[1]?.key);
  t.deepEqual(acks, [true]);
  t.deepEqual(room.unacknowledged, []);
  t.deepEqual(seen, ['a']);
});

test('after a loss the events begin behind the last one seen, also in a room that was quiet from the join', async (t) => {
  const server = await startRoomServer(t);
  server.append('before');
  const { room, seen } = enter(t, server);
  await isOpen(room);
  t.is(room.position, 'a:1');
  await server.stop();
  server.append('while away');
  await server.start();
  await until(() => seen.length === 1);
  t.deepEqual(seen, ['while away']);
  t.is(server.joins[1]?.get('after'), 'a:1');
  t.is(server.joins[1]?.get('client'), server.joins[0]?.get('client') ?? '');
});

test('an event that comes twice is told once', async (t) => {
  const server = await startRoomServer(t);
  const { seen, room } = enter(t, server, { after: 'a:0' });
  await isOpen(room);
  const at = new Date().toISOString();
  for (const offset of [1, 2, 1, 2, 3]) {
    server.sendToAll({ type: 'event', position: `a:${offset}`, from: 'b', text: String(offset), at });
  }
  await until(() => seen.includes('3'));
  t.deepEqual(seen, ['1', '2', '3']);
});

test('a gap is told, and not asked for again', async (t) => {
  const server = await startRoomServer(t);
  const { room } = enter(t, server, { after: 'a:0' });
  const gaps: object[] = [];
  room.on('gap', ({ from, to, lost }) => gaps.push({ from, to, lost }));
  await isOpen(room);
  server.sendToAll({ type: 'gap', from: 'a:0', to: 'a:7', lost: 7 });
  await until(() => gaps.length === 1);
  t.deepEqual(gaps, [{ from: 'a:0', to: 'a:7', lost: 7 }]);
  t.is(room.position, 'a:7');
});

test('a log that was replaced is told, and its events are heard from the beginning', async (t) => {
  const server = await startRoomServer(t);
  server.append('old');
  const { room, seen } = enter(t, server);
  const resets: string[] = [];
  room.on('reset', ({ position }) => resets.push(position));
  await isOpen(room);
  await server.stop();
  server.epoch = 'b';
  server.events.length = 0;
  server.append('new');
  await server.start();
  await until(() => seen.length > 0);
  t.deepEqual([resets, seen, room.position], [['b:0'], ['new'], 'b:1']);
});

test('members follow who comes and goes', async (t) => {
  const server = await startRoomServer(t);
  const { room } = enter(t, server, { name: 'me' });
  const told: string[] = [];
  room.on('join', ({ name }) => told.push(`+${name}`));
  room.on('leave', ({ name }) => told.push(`-${name}`));
  await isOpen(room);
  server.sendToAll({ type: 'join', name: 'a' });
  server.sendToAll({ type: 'join', name: 'b' });
  server.sendToAll({ type: 'leave', name: 'a' });
  await until(() => told.length === 3);
  t.deepEqual(told, ['+a', '+b', '-a']);
  t.deepEqual(room.members, ['me', 'b']);
});

test('a line that is refused for good rejects, and those behind it go on', async (t) => {
  const server = await startRoomServer(t);
  server.onPublish = (text) =>
    text === 'bad' ? { type: 'error', code: 'bad_message', message: 'got bad', retryable: false } : undefined;
  const { room } = enter(t, server, { maxInFlight: 1 });
  const errors: RoomError[] = [];
  room.on('error', (error) => errors.push(error));
  const [bad, good] = await Promise.allSettled([room.publish('bad'), room.publish('good')]);
  t.like(bad, { status: 'rejected', reason: { code: 'bad_message', message: 'got bad', retryable: false } });
  t.like(good, { status: 'fulfilled', value: 'a:1' });
  t.like(errors, { 0: { line: { text: 'bad' } }, length: 1 });
  t.deepEqual(room.unacknowledged, []);
});

test('a line that fails for now is tried again, and is not overtaken', async (t) => {
  const server = await startRoomServer(t);
  let failures = 3;
  server.onPublish = () =>
    failures-- > 0 ? { type: 'error', code: 'unavailable', message: 'disk full', retryable: true } : undefined;
  const { room } = enter(t, server, { maxInFlight: 1 });
  const codes: string[] = [];
  room.on('error', ({ code }) => codes.push(code));
  await Promise.all(['1', '2', '3'].map((text) => room.publish(text)));
  t.deepEqual(server.texts, ['1', '2', '3']);
  t.deepEqual(codes, ['unavailable', 'unavailable', 'unavailable']);
});

test('no more lines are on their way than may be', async (t) => {
  const server = await startRoomServer(t);
  server.onPublish = () => 'ignore';
  const { room } = enter(t, server, { maxInFlight: 3 });
  await isOpen(room);
  const publishing = numbers(1, 10).map((text) => room.publish(text));
  await until(() => server.received.length >= 3);
  server.onPublish = () => undefined;
  const asked = server.received.length;
  server.close(1012);
  await Promise.all(publishing);
  t.is(asked, 3);
  t.deepEqual(server.texts, numbers(1, 10));
});

test('a line too many is refused at once', async (t) => {
  const server = await startRoomServer(t);
  server.onPublish = () => 'ignore';
  const { room } = enter(t, server, { maxUnacknowledged: 2 });
  void room.publish('1');
  void room.publish('2');
  const error = await t.throwsAsync<RoomError>(room.publish('3'));
  t.like(error, { code: 'queue_full', retryable: true, line: { text: '3' } });
  t.deepEqual(
    room.unacknowledged.map(({ text }) => text),
    ['1', '2'],
  );
});

test('lines that were not acknowledged are there after a reload, go out first, and are there once', async (t) => {
  const server = await startRoomServer(t);
  const store = memoryStore();
  const before = enter(t, server, { store }).room;
  await before.publish('settled');
  server.withholdAcks = true;
  const lost = before.publish('1 published, ack lost');
  await until(() => server.received.length === 2);
  await server.stop();
  const unsent = before.publish('2 never sent');
  // What a reload does, but for the promises.
  before.close();
  for (const publishing of [lost, unsent]) t.like(await t.throwsAsync(publishing), { code: 'closed', retryable: true });

  server.withholdAcks = false;
  const after = join(server.url, 'lobby', { WebSocket, backoff: soon, store });
  t.teardown(() => after.close());
  const acks: string[] = [];
  after.on('ack', ({ text, duplicate }) => acks.push(`${text} ${duplicate}`));
  const third = after.publish('3 new');
  await until(() => after.unacknowledged.length === 3);
  t.deepEqual(
    after.unacknowledged.map(({ text }) => text),
    ['1 published, ack lost', '2 never sent', '3 new'],
  );
  await server.start();
  await third;
  t.deepEqual(server.texts, ['settled', '1 published, ack lost', '2 never sent', '3 new']);
  t.deepEqual(acks, ['1 published, ack lost true', '2 never sent false', '3 new false']);
  await until(() => after.unacknowledged.length === 0);
  t.deepEqual(await store.entries(''), []);
});

test('with resume, a room that is joined again begins behind the last event of before', async (t) => {
  const server = await startRoomServer(t);
  const options = { store: memoryStore(), resume: true };
  const first = enter(t, server, options);
  await first.room.publish('1');
  await until(() => first.seen.length === 1);
  first.room.close();
  server.append('2');
  const second = enter(t, server, options);
  await until(() => second.seen.length > 0);
  t.deepEqual(second.seen, ['2']);
});

test('a store that fails is told of once, and keeps nothing from being published', async (t) => {
  const server = await startRoomServer(t);
  const broken = () => Promise.reject(new Error('quota'));
  const { room } = enter(t, server, { store: { entries: broken, set: broken, delete: broken }, resume: true });
  const errors: string[] = [];
  room.on('error', ({ code, message }) => errors.push(`${code}: ${message}`));
  await room.publish('a');
  await room.publish('b');
  t.deepEqual(server.texts, ['a', 'b']);
  t.deepEqual(errors, ['store: the outbox is not kept: Error: quota']);
});

test('a line that is too long for the server is given up, and does not close the room again', async (t) => {
  const server = await startRoomServer(t);
  server.onPublish = (text, connection) => {
    if (text.length > 100) connection.close(1009, 'message too big');
    return text.length > 100 ? 'ignore' : undefined;
  };
  const { room } = enter(t, server);
  const [long] = await Promise.allSettled([room.publish('x'.repeat(101)), room.publish('short')]);
  t.like(long, { status: 'rejected', reason: { code: 'bad_message', message: 'message too big' } });
  t.like(room.state, { name: 'closed', code: 1009 });
  room.connect();
  await until(() => server.texts.length === 1);
  t.deepEqual(server.texts, ['short']);
});

test('a final close ends the loops with an error that says so, close() just ends them', async (t) => {
  const server = await startRoomServer(t);
  const { room } = enter(t, server);
  const read = async () => {
    for await (const _ of room);
  };
  const reading = read();
  await isOpen(room);
  server.close(1008, 'policy violation');
  const error = await t.throwsAsync(reading);
  t.like(error, { code: 'closed', message: 'the room was closed: 1008 policy violation' });
  room.connect();
  const again = read();
  await isOpen(room);
  room.close();
  await again;
  await read();
});

test('a loop that is slow misses nothing, and keeps no more events than it may', async (t) => {
  const server = await startRoomServer(t);
  const { room, seen } = enter(t, server, { maxBehind: 10 });
  const iterator = room[Symbol.asyncIterator]();
  await isOpen(room);
  for (const text of numbers(1, 100)) server.append(text);
  await until(() => seen.length === 100);
  const read: string[] = [];
  while (read.length < 100) {
    const { value } = await iterator.next();
    read.push(value?.text ?? '');
    // A program that answers each line must not wait for itself.
    if (read.length === 5) t.is(await room.publish('answer'), 'a:101');
  }
  t.deepEqual(read, numbers(1, 100));
  t.deepEqual(seen, [...numbers(1, 100), 'answer']);
  // Behind twice: after ten events, and, since the rest comes at once, after each ten more.
  t.true(server.joins.length > 2);
});

test('a loop that is ready for what it missed just as the room connects anew misses nothing either', async (t) => {
  const server = await startRoomServer(t);
  const { room, seen } = enter(t, server, { maxBehind: 3 });
  const iterator = room[Symbol.asyncIterator]();
  await isOpen(room);
  for (const text of numbers(1, 10)) server.append(text);
  await until(() => seen.length === 10);
  const read: string[] = [];
  const reading = new Promise<void>((resolve) => {
    room.on('state', async ({ name }) => {
      if (name !== 'connecting' || read.length > 0) return;
      while (read.length < 11) read.push((await iterator.next()).value?.text ?? '');
      resolve();
    });
  });
  await server.stop();
  server.append('11');
  await server.start();
  await reading;
  t.deepEqual(read, numbers(1, 11));
  t.deepEqual(seen, numbers(1, 11));
});

test('a loop hears each line once while the server comes and goes', async (t) => {
  const server = await startRoomServer(t);
  const { room } = enter(t, server);
  const read: string[] = [];
  const reading = (async () => {
    for await (const { text } of room) if (read.push(text) === 30) break;
  })();
  for (const text of numbers(1, 30)) {
    if (Number(text) % 10 === 0) {
      await server.stop();
      await server.start();
    }
    await room.publish(text);
  }
  await reading;
  t.deepEqual(read, numbers(1, 30));
});

test('what is no message of the protocol is told, types of a later version are passed over', async (t) => {
  const server = await startRoomServer(t);
  const { room, seen } = enter(t, server, { after: 'a:0' });
  const errors: string[] = [];
  room.on('error', ({ code }) => errors.push(code));
  await isOpen(room);
  for (const message of [null, 1, { type: 'event', text: 'no position' }, { type: 'later' }, {}]) {
    server.sendToAll(message as never);
  }
  server.append('still here');
  await until(() => seen.length === 1);
  t.deepEqual([seen, errors], [['still here'], ['bad_message', 'bad_message']]);
});

test('the server says when to come back, and it is not done sooner', async (t) => {
  const server = await startRoomServer(t);
  const { room } = enter(t, server);
  await isOpen(room);
  server.sendToAll({ type: 'reconnect', afterMs: 60_000 });
  server.close(1012, 'service restart');
  await until(() => room.state.name === 'waiting');
  const { state } = room;
  t.true(state.name === 'waiting' && state.retryAt - Date.now() > 50_000 && state.retryAt - Date.now() <= 60_000);
  t.like(state, { code: 1012, reason: 'service restart' });
  room.connect();
  await isOpen(room);
});

test('no WebSocket is said at once', (t) => {
  if ('WebSocket' in globalThis) {
    t.pass();
    return;
  }
  t.throws(() => join('ws://127.0.0.1:1', 'lobby'), { message: /pass one as the option WebSocket/ });
  t.throws(() => join('nowhere', 'lobby', { WebSocket }), { instanceOf: TypeError });
});
