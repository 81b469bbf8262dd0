import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { type Connection, room } from '../../src/index.ts';
import type { Publication } from '../../src/rooms/event-log.ts';
import { MemoryLog } from '../../src/rooms/memory-log.ts';
import { MemoryPresence } from '../../src/rooms/memory-presence.ts';
import { RoomError } from '../../src/rooms/room-error.ts';
import { Rooms } from '../../src/rooms/rooms.ts';
import { connect } from '../helpers/client.ts';
import { speak } from '../helpers/rooms.ts';
import { head, RawClient, startServer, until } from '../helpers/server.ts';

/** A store that fails when it is told to. */
class FailingLog extends MemoryLog {
  isDown = false;
  /** Appends wait for this. */
  gate: Promise<void> | undefined;
  appending = 0;

  override async append(room: string, publication: Publication) {
    this.appending++;
    await this.gate;
    this.appending--;
    this.#check();
    return super.append(room, publication);
  }

  override async head(room: string) {
    this.#check();
    return super.head(room);
  }

  #check(): void {
    if (this.isDown) throw new RoomError('unavailable', 'the disk is full');
  }
}

async function start(t: ExecutionContext, { log = new FailingLog(), grace = 0, ...options } = {}) {
  const rooms = new Rooms(log, new MemoryPresence({ grace }));
  const { server, port, url } = await startServer(t, {
    routes: { '/rooms/:room': room({ rooms }) },
    messagesPerSecond: Infinity,
    bytesPerSecond: Infinity,
    maxConnectionsPerIp: 1000,
    ...options,
  });
  const json = (target: string) => speak(t, `${url}/rooms/${target}`);
  const bare = (target: string) => connect(t, `${url}/rooms/${target}`);
  return { rooms, log, server, port, url, json, bare };
}

test('welcome comes first, and what is published goes to everyone with a position, and is acknowledged', async (t) => {
  const { json } = await start(t);
  const a = await json('lobby?name=Ann');
  const welcome = await a.nextOf('welcome');
  t.like(welcome, { name: 'Ann', room: 'lobby', members: ['Ann'] });
  t.regex(welcome.position, /^\w+:0$/);
  const b = await json('lobby');
  t.like(await b.nextOf('welcome'), { name: '访客1', members: ['Ann', '访客1'] });
  t.deepEqual(await a.nextOf('join'), { type: 'join', name: '访客1' });
  const before = Date.now();
  a.say({ type: 'publish', key: 'k1', text: '大家好 😀' });
  const event = await b.nextOf('event');
  t.like(event, { from: 'Ann', text: '大家好 😀', position: welcome.position.replace(/0$/, '1') });
  t.true(Date.parse(event.at) >= before && event.at.endsWith('Z'));
  t.deepEqual(await a.nextOf('event'), event);
  t.deepEqual(await a.nextOf('ack'), { type: 'ack', key: 'k1', position: event.position, duplicate: false });
  b.socket.close();
  t.deepEqual(await a.nextOf('leave'), { type: 'leave', name: '访客1' });
});

test('a key that was published before is acknowledged with the first position, and nothing is published', async (t) => {
  const { json } = await start(t);
  const a = await json('r');
  await a.nextOf('welcome');
  a.say({ type: 'publish', key: 'k', text: 'once' });
  const { position } = await a.nextOf('event');
  await a.nextOf('ack');
  a.say({ type: 'publish', key: 'k', text: 'twice' });
  t.deepEqual(await a.nextOf('ack'), { type: 'ack', key: 'k', position, duplicate: true });
  a.say({ type: 'publish', text: 'without a key' });
  t.is((await a.nextOf('event')).text, 'without a key');
  t.deepEqual(Object.keys(await a.nextOf('ack')), ['type', 'position', 'duplicate']);
});

test('a client that comes back with its position gets exactly what came after it', async (t) => {
  const { json } = await start(t);
  const a = await json('r?name=a');
  const { position } = await a.nextOf('welcome');
  const positions: string[] = [];
  for (const text of ['1', '2', '3', '4']) {
    a.say({ type: 'publish', text });
    positions.push((await a.nextOf('event')).position);
    await a.nextOf('ack');
  }
  const b = await json(`r?after=${positions[1]}`);
  t.is((await b.nextOf('welcome')).position, `${positions[1]}`);
  t.deepEqual([(await b.nextOf('event')).text, (await b.nextOf('event')).text], ['3', '4']);
  const all = await json(`r?after=${position}`);
  await all.nextOf('welcome');
  t.is((await all.nextOf('event')).text, '1');
  const none = await json(`r?after=${positions[3]}`);
  t.is((await none.nextOf('welcome')).position, `${positions[3]}`);
  t.deepEqual(none.pending, []);
});

test('what retention has dropped is told as a gap, after the welcome and before the events', async (t) => {
  const { rooms, json } = await start(t, { log: new FailingLog({ maxEvents: 5 }) });
  const { epoch } = await rooms.head('r');
  for (let i = 1; i <= 20; i++) await rooms.publish('r', { from: 'a', text: `${i}` });
  const client = await json(`r?after=${epoch}:3`);
  t.is((await client.nextOf('welcome')).position, `${epoch}:3`);
  t.deepEqual(await client.nextOf('gap'), { type: 'gap', from: `${epoch}:3`, to: `${epoch}:15`, lost: 12 });
  t.is((await client.nextOf('event')).text, '16');
});

test('a position of a log that is no more is told as a reset, and events begin with the oldest', async (t) => {
  const { rooms, json } = await start(t);
  const { epoch } = await rooms.head('r');
  await rooms.publish('r', { from: 'a', text: 'first' });
  const client = await json('r?after=another:7');
  t.is((await client.nextOf('welcome')).position, 'another:7');
  t.deepEqual(await client.nextOf('reset'), { type: 'reset', position: `${epoch}:0` });
  t.like(await client.nextOf('event'), { position: `${epoch}:1`, text: 'first' });
});

for (const [what, text, expected] of [
  ['no JSON', 'hello', /^the message: got a text that is no JSON, expected a JSON object$/],
  ['an array', '[1]', /got an array, expected a JSON object/],
  ['null', 'null', /got null, expected a JSON object/],
  ['no type', '{}', /^type: got nothing, expected "publish" or "ping"$/],
  ['an unknown type', '{"type":"shout"}', /got "shout", expected "publish" or "ping"/],
  ['a long type', JSON.stringify({ type: 'x'.repeat(100_000) }), /got a string of 100000 characters/],
  ['no text', '{"type":"publish"}', /^text: got nothing, expected a string$/],
  ['a number for a text', '{"type":"publish","text":5}', /^text: got the number 5, expected a string$/],
  ['deep JSON', '['.repeat(200_000), /no JSON/],
  ['deep JSON that is whole', `${'['.repeat(200_000)}${']'.repeat(200_000)}`, /got an array/],
  ['deep JSON for a text', `{"type":"publish","text":${'['.repeat(9999)}${']'.repeat(9999)}}`, /text: got an array/],
] as const) {
  test(`bad_message, and the connection goes on: ${what}`, async (t) => {
    const { json } = await start(t);
    const client = await json('r');
    await client.nextOf('welcome');
    client.send(text);
    const error = await client.nextOf('error');
    t.like(error, { code: 'bad_message', retryable: false });
    t.regex(error.message, expected);
    client.say({ type: 'ping' });
    t.deepEqual(await client.nextOf('pong'), { type: 'pong' });
  });
}

for (const [what, key] of [
  ['empty', ''],
  ['too long', 'k'.repeat(65)],
  ['not ASCII', '钥匙'],
  ['with a control', 'a\nb'],
  ['a number', 5],
] as const) {
  test(`bad_key: ${what}`, async (t) => {
    const { json } = await start(t);
    const client = await json('r');
    await client.nextOf('welcome');
    client.say({ type: 'publish', text: 'x', key });
    const error = await client.nextOf('error');
    t.like(error, { code: 'bad_key', retryable: false });
    t.regex(error.message, /^key: got .*, expected 1 to 64 characters of printable ASCII$/);
    t.false('key' in error);
  });
}

test('an error names the key of its publication, and unknown members are ignored', async (t) => {
  const { json } = await start(t);
  const client = await json('r');
  await client.nextOf('welcome');
  client.say({ type: 'publish', key: 'k', text: null });
  t.like(await client.nextOf('error'), { code: 'bad_message', key: 'k' });
  client.send('{"type":"publish","text":"x","key":"k","__proto__":{"text":1},"more":[1]}');
  await client.nextOf('event');
  t.like(await client.nextOf('ack'), { key: 'k' });
});

test('half of a surrogate pair is U+FFFD for everyone, now and later', async (t) => {
  const { json } = await start(t);
  const client = await json('r');
  const { position } = await client.nextOf('welcome');
  client.send('{"type":"publish","text":"a\\ud800b"}');
  t.is((await client.nextOf('event')).text, 'a\ufffdb');
  const late = await json(`r?after=${position}`);
  await late.nextOf('welcome');
  t.is((await late.nextOf('event')).text, 'a\ufffdb');
});

test('acknowledgements come in the order of the publications, all of them', async (t) => {
  const { json } = await start(t);
  const client = await json('r');
  await client.nextOf('welcome');
  for (let i = 0; i < 1000; i++) client.say({ type: 'publish', key: `${i % 700}`, text: `${i}` });
  const acks = [];
  const texts = [];
  while (acks.length < 1000) {
    const message = JSON.parse(await client.next());
    if (message.type === 'ack') acks.push(message);
    else texts.push(message.text);
  }
  t.deepEqual(
    acks.map(({ key, duplicate }) => [key, duplicate]),
    Array.from({ length: 1000 }, (_, i) => [`${i % 700}`, i >= 700]),
  );
  t.deepEqual(
    texts,
    Array.from({ length: 700 }, (_, i) => `${i}`),
  );
});

test('a connection has 100 publications in flight at most, and waits with the rest', async (t) => {
  const { log, json } = await start(t);
  const client = await json('r');
  await client.nextOf('welcome');
  let open = () => {};
  log.gate = new Promise((resolve) => {
    open = resolve;
  });
  for (let i = 0; i < 500; i++) client.say({ type: 'publish', text: `${i}` });
  await until(() => log.appending === 100);
  const other = await json('r');
  await other.nextOf('welcome');
  t.is(log.appending, 100);
  open();
  for (let i = 0; i < 500; i++) t.is((await other.nextOf('event')).text, `${i}`);
});

test('a store that fails is an error to the publisher, with its key, and the room goes on', async (t) => {
  const { log, json } = await start(t);
  const client = await json('r');
  await client.nextOf('welcome');
  log.isDown = true;
  client.say({ type: 'publish', key: 'k', text: 'x' });
  const message = 'the disk is full';
  t.deepEqual(await client.nextOf('error'), { type: 'error', code: 'unavailable', message, retryable: true, key: 'k' });
  log.isDown = false;
  client.say({ type: 'publish', key: 'k', text: 'x' });
  await client.nextOf('event');
  t.like(await client.nextOf('ack'), { key: 'k', duplicate: false });
});

test('a store that fails closes a publisher of bare text with 1013, and nobody else', async (t) => {
  const { log, bare } = await start(t);
  const [a, b] = [await bare('r?name=a'), await bare('r?name=b')];
  a.send('x');
  t.deepEqual([await a.next(), await b.next()], ['a:x', 'a:x']);
  log.isDown = true;
  a.send('y');
  t.is((await a.closed).code, 1013);
  log.isDown = false;
  b.send('z');
  t.is(await b.next(), 'b:z');
});

test('who cannot join because the store fails is told so, and closed with 1013', async (t) => {
  const { log, rooms, json, bare } = await start(t);
  log.isDown = true;
  const client = await json('r');
  t.like(await client.nextOf('error'), { code: 'unavailable', retryable: true });
  t.is((await client.closed).code, 1013);
  t.is((await (await bare('r')).closed).code, 1013);
  await until(() => rooms.size === 0);
  t.deepEqual((await rooms.members('r', 10)).names, []);
});

test('bare text: the last lines on coming, then lines as they come', async (t) => {
  const { rooms, bare } = await start(t);
  for (let i = 1; i <= 30; i++) await rooms.publish('r', { from: '小王', text: `${i}` });
  const twenty = await bare('r');
  for (let i = 11; i <= 30; i++) t.is(await twenty.next(), `小王:${i}`);
  const three = await bare('r?last=3&name=c');
  for (let i = 28; i <= 30; i++) t.is(await three.next(), `小王:${i}`);
  const none = await bare('r?last=0');
  none.send('{"type":"publish","text":"x"}');
  for (const client of [twenty, three, none]) t.is(await client.next(), '访客2:{"type":"publish","text":"x"}');
});

test('both ways of speaking meet in one room', async (t) => {
  const { json, bare } = await start(t);
  const [a, b] = [await json('r?name=a'), await bare('r?name=b')];
  await a.nextOf('welcome');
  await a.nextOf('join');
  b.send('from b');
  t.like(await a.nextOf('event'), { from: 'b', text: 'from b' });
  a.say({ type: 'publish', text: 'from a' });
  t.deepEqual([await b.next(), await b.next()], ['b:from b', 'a:from a']);
});

test('rooms have their own lines and members', async (t) => {
  const { json } = await start(t);
  const [a, b] = [await json('%E5%A4%A7%E5%8E%85?name=x'), await json('b?name=x')];
  t.like(await a.nextOf('welcome'), { room: '大厅', name: 'x' });
  t.like(await b.nextOf('welcome'), { room: 'b', name: 'x' });
  a.say({ type: 'publish', text: 'in a' });
  await a.nextOf('event');
  b.say({ type: 'ping' });
  await b.nextOf('pong');
});

for (const target of [
  'r?name=%00',
  'r?name=',
  'r?after=nonsense',
  'r?after=',
  'r?client=short',
  'r?client=not+allowed',
  'r?last=-1',
  'r?last=1001',
  '.hidden',
  'a%2Fb',
  '%FF',
  'a%20b',
  'x'.repeat(65),
]) {
  test(`400 before the upgrade: ${target.slice(0, 20)}`, async (t) => {
    const { port } = await start(t);
    const client = new RawClient(t, port);
    client.write(head({ 'Sec-WebSocket-Protocol': 'text-event.v1.json' }, `GET /rooms/${target} HTTP/1.1`));
    await client.ended;
    t.regex(client.received.toString(), /^HTTP\/1.1 400 .*\r\n\r\n(room|name|after|client|last): got .*\n$/s);
  });
}

test('a client that comes back at once gets its name back, and its old connection is closed as replaced', async (t) => {
  const { json } = await start(t, { grace: 10_000 });
  const witness = await json('r?name=w');
  await witness.nextOf('welcome');
  const old = await json('r?name=a&client=secret-of-a');
  t.is((await old.nextOf('welcome')).name, 'a');
  await witness.nextOf('join');
  const back = await json('r?name=a&client=secret-of-a');
  t.is((await back.nextOf('welcome')).name, 'a');
  t.deepEqual(await old.closed, { code: 4001, reason: 'replaced by a newer connection of the same client' });
  back.say({ type: 'publish', text: 'here' });
  t.like(await witness.nextOf('event'), { from: 'a', text: 'here' });
  const other = await json('r?name=a&client=secret-of-b');
  t.is((await other.nextOf('welcome')).name, 'a2');
});

test('a server that stops says when to come back, and then closes with 1012', async (t) => {
  const { server, json } = await start(t);
  const client = await json('r');
  await client.nextOf('welcome');
  const stopped = server.shutdown(1000);
  const { afterMs } = await client.nextOf('reconnect');
  t.true(Number.isInteger(afterMs) && afterMs >= 0);
  t.is((await client.closed).code, 1012);
  await stopped;
});

test('in a large room nobody is told who comes, and the first 200 are listed', async (t) => {
  const { json, bare } = await start(t);
  await Promise.all(Array.from({ length: 205 }, () => bare('r?last=0')));
  const client = await json('r?name=me');
  const { members } = await client.nextOf('welcome');
  t.is(members.length, 200);
  t.true(members.includes('me'));
  const late = await bare('r?name=late');
  late.send('x');
  t.is((await client.nextOf('event')).from, 'late');
});

test('a text as long as a message may be comes to everyone, and the sender stays', async (t) => {
  const { json, bare } = await start(t);
  const [a, b] = [await json('r'), await bare('r')];
  await a.nextOf('welcome');
  await a.nextOf('join');
  const text = '\u0001'.repeat(150_000);
  a.say({ type: 'publish', text });
  t.is((await a.nextOf('event')).text, text);
  await a.nextOf('ack');
  t.is(await b.next(), `访客1:${text}`);
  const long = 'x'.repeat(1024 * 1024 - 40);
  a.say({ type: 'publish', text: long });
  a.say({ type: 'ping' });
  const types = [];
  for (let i = 0; i < 3; i++) types.push(JSON.parse(await a.next()).type);
  t.deepEqual(types.sort(), ['ack', 'event', 'pong']);
});

// Alone: it waits until the operating system has taken what it takes.
test.serial(
  'a reader that stands still costs little, and gets all of it later; who came and went meanwhile is not told',
  async (t) => {
    const { server, rooms, json, bare } = await start(t);
    const opened = once(server, 'connection');
    const slow = await json('r?name=slow');
    const [connection] = (await opened) as [Connection];
    await slow.nextOf('welcome');
    slow.socket.pause();
    const text = 'x'.repeat(50_000);
    for (let i = 0; i < 300; i++) await rooms.publish('r', { from: 'a', text });
    // Until the operating system takes no more.
    for (let before = -1; before !== connection.bufferedAmount || before < 65_536; ) {
      before = connection.bufferedAmount;
      await setTimeout(100);
    }
    t.true(connection.bufferedAmount < 200_000);
    for (let i = 0; i < 20; i++) {
      const guest = await bare(`r?name=guest${i}&last=0`);
      guest.socket.close();
      await guest.closed;
    }
    const stays = await bare('r?name=stays&last=0');
    await until(() => server.connections.length === 2);
    slow.socket.resume();
    let events = 0;
    const others: unknown[] = [];
    while (events < 300 || others.length === 0) {
      const message = JSON.parse(await slow.next());
      if (message.type === 'event') events++;
      else others.push(message);
    }
    t.deepEqual(others, [{ type: 'join', name: 'stays' }]);
    stays.send('after');
    t.is((await slow.nextOf('event')).text, 'after');
  },
);

test('joins that are cut off at any moment leave nobody behind', async (t) => {
  const { server, rooms, port } = await start(t);
  for (let i = 0; i < 200; i++) {
    const client = new RawClient(t, port);
    client.write(head({ 'Sec-WebSocket-Protocol': 'text-event.v1.json' }, `GET /rooms/r${i % 3} HTTP/1.1`));
    if (i % 4 === 1) client.socket.end();
    if (i % 4 === 2) await client.until('\r\n\r\n');
    client.socket.destroy();
  }
  await until(() => server.connections.length === 0 && rooms.size === 0);
  for (const room of ['r0', 'r1', 'r2']) t.deepEqual((await rooms.members(room, 10)).names, []);
});
