import test from 'ava';
import { formatPosition } from '../../src/rooms/position.ts';
import { head, RawClient, until } from '../helpers/server.ts';
import { FailingLog, start } from './room-server.ts';

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

test('JSON: with ?last= events begin so many before the head, and the welcome says where', async (t) => {
  const { rooms, json } = await start(t);
  const positions: string[] = [];
  for (const text of ['1', '2', '3']) {
    positions.push(formatPosition((await rooms.publish('r', { from: '小王', text })).position));
  }
  const client = await json('r?last=2');
  t.is((await client.nextOf('welcome')).position, positions[0] ?? '');
  t.is((await client.nextOf('event')).text, '2');
  t.is((await client.nextOf('event')).text, '3');
  const resumed = await json(`r?last=2&after=${positions[1] ?? ''}`);
  await resumed.nextOf('welcome');
  t.is((await resumed.nextOf('event')).text, '3');
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

test('bare text resumes after a position too, or with the oldest line that there is', async (t) => {
  const { rooms, bare } = await start(t, { log: new FailingLog({ maxEvents: 5 }) });
  for (let i = 1; i <= 9; i++) await rooms.publish('r', { from: 'a', text: `${i}` });
  const { epoch } = await rooms.head('r');
  const [exact, gap, reset] = [
    await bare(`r?after=${epoch}:8`),
    await bare(`r?after=${epoch}:2`),
    await bare('r?after=x:9'),
  ];
  t.deepEqual([await exact.next(), await gap.next(), await reset.next()], ['a:9', 'a:5', 'a:5']);
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
