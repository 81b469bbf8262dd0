import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import test from 'ava';
import type { Connection } from '../../src/index.ts';
import { head, RawClient, until } from '../helpers/server.ts';
import { start } from './room-server.ts';

test('who missed 1,000 events gets them in a few writes', async (t) => {
  const { server, rooms, json } = await start(t);
  const { epoch } = await rooms.head('r');
  for (let i = 0; i < 1000; i++) await rooms.publish('r', { from: 'a', text: 'x'.repeat(64) });
  let writes = 0;
  server.on('connection', ({ socket }) => {
    const write = socket.write.bind(socket);
    socket.write = ((...args: Parameters<typeof write>) => {
      writes++;
      return write(...args);
    }) as typeof socket.write;
  });
  const client = await json(`r?after=${epoch}:0`);
  await client.nextOf('welcome');
  for (let i = 1; i <= 1000; i++) t.is((await client.nextOf('event')).position, `${epoch}:${i}`);
  t.true(writes <= 6, `${writes} writes`);
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

test('of long texts fewer are in flight', async (t) => {
  const { log, json } = await start(t);
  const client = await json('r');
  await client.nextOf('welcome');
  let open = () => {};
  log.gate = new Promise((resolve) => {
    open = resolve;
  });
  const text = 'x'.repeat(400_000);
  for (let i = 0; i < 8; i++) client.say({ type: 'publish', key: `${i}`, text });
  await until(() => log.appending === 3);
  const other = await json('r');
  await other.nextOf('welcome');
  t.is(log.appending, 3);
  open();
  for (let i = 0; i < 8; i++) t.is((await other.nextOf('event')).text, text);
});

test('a publisher that does not read is slowed down, and gets every acknowledgement when it does', async (t) => {
  const { server, json } = await start(t);
  const opened = once(server, 'connection');
  const client = await json('r');
  const [connection] = (await opened) as [Connection];
  await client.nextOf('welcome');
  client.socket.pause();
  const text = 'x'.repeat(5000);
  for (let i = 0; i < 3000; i++) client.say({ type: 'publish', key: `${i}`, text });
  await until(() => connection.bufferedAmount > 65_536);
  t.true(connection.bufferedAmount < 200_000);
  client.socket.resume();
  const seen = { ack: 0, event: 0 };
  while (seen.ack < 3000 || seen.event < 3000) {
    const message = JSON.parse(await client.next());
    if (message.type === 'ack') t.is(message.key, `${seen.ack}`);
    seen[message.type as 'ack']++;
  }
  t.deepEqual(seen, { ack: 3000, event: 3000 });
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
    // Until the operating system takes no more, for which a busy one may take its time.
    for (let before = -1, same = 0; same < 10; ) {
      const now = connection.bufferedAmount;
      same = now === before && now >= 65_536 ? same + 1 : 0;
      before = now;
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

test('connections that compress read the same, the slow ones too', async (t) => {
  const { server, rooms, json } = await start(t, { compression: true });
  const [slow, fast] = [await json('r?name=slow'), await json('r?name=fast')];
  t.is(slow.socket.extensions, 'permessage-deflate');
  await slow.nextOf('welcome');
  await slow.nextOf('join');
  await fast.nextOf('welcome');
  slow.socket.pause();
  for (let i = 0; i < 300; i++) {
    await rooms.publish('r', { from: 'a', text: randomBytes(20_000).toString('base64') });
    if (i % 10 === 0) await setTimeout(1);
  }
  const events = [];
  for (let i = 0; i < 300; i++) events.push(await fast.nextOf('event'));
  slow.socket.resume();
  for (const event of events) t.deepEqual(await slow.nextOf('event'), event);
  t.is(server.connections.length, 2);
});

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
