import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { type ChatOptions, chat, createServer } from '../../src/index.ts';
import { connect } from '../helpers/client.ts';
import { head, RawClient, startServer, until } from '../helpers/server.ts';

async function start(t: ExecutionContext, options: ChatOptions = {}) {
  const { url, port, server } = await startServer(t, { routes: { '/chat': chat(options) }, maxConnectionsPerIp: 2000 });
  const join = (name?: string) =>
    connect(t, `${url}/chat${name === undefined ? '' : `?name=${encodeURIComponent(name)}`}`);
  return { join, port, server, url };
}

/** Joins, and says something so that its name is seen. */
async function nameOf(
  t: ExecutionContext,
  { join }: Awaited<ReturnType<typeof start>>,
  witness: { next(): Promise<string> },
  wish?: string,
) {
  const client = await join(wish);
  client.send('x');
  const line = await witness.next();
  t.is(await client.next(), '我:x');
  return { client, name: line.slice(0, line.lastIndexOf(':')) };
}

test('names come from the pool in order, then guests from 5, and come back', async (t) => {
  const room = await start(t);
  const witness = await room.join('看客');
  const seen = [];
  for (let i = 0; i < 6; i++) seen.push(await nameOf(t, room, { next: witness.next }));
  t.deepEqual(
    seen.map(({ name }) => name),
    ['小王', '小军', '小红', '小明', '访客5', '访客6'],
  );
  seen[1]?.client.socket.terminate();
  seen[4]?.client.socket.close();
  await until(() => room.server.connections.length === 5);
  t.is((await nameOf(t, room, witness)).name, '小军');
  t.is((await nameOf(t, room, witness)).name, '访客5');
});

test('a line goes to the others with its name, and to its sender as 我', async (t) => {
  const { join } = await start(t);
  const [a, b, c] = [await join(), await join(), await join('小李')];
  c.send('大家好');
  t.deepEqual([await a.next(), await b.next(), await c.next()], ['小李:大家好', '小李:大家好', '我:大家好']);
  a.send('');
  t.deepEqual([await a.next(), await b.next(), await c.next()], ['我:', '小王:', '小王:']);
});

test('hello is answered to its sender alone', async (t) => {
  const { join } = await start(t);
  const [a, b] = [await join(), await join()];
  a.send('hello');
  t.is(await a.next(), '收到,hello');
  a.send('hello ');
  t.deepEqual([await a.next(), await b.next()], ['我:hello ', '小王:hello ']);
});

test('a name that is taken gets a number', async (t) => {
  const room = await start(t);
  const witness = await room.join('看客');
  t.is((await nameOf(t, room, witness, '小李')).name, '小李');
  const second = await nameOf(t, room, { next: () => witness.next() }, ' 小李 ');
  t.is(second.name, '小李2');
});

test('a bad name is refused before the upgrade, and says why', async (t) => {
  const { port } = await start(t);
  for (const name of ['', '%20', '%00', 'a%0Ab', '%E2%80%AEabc', 'x'.repeat(33)]) {
    const client = new RawClient(t, port);
    client.write(head({}, `GET /chat?name=${name} HTTP/1.1`));
    t.regex(String(await client.until('\n\r\n')), /^HTTP\/1.1 400 /, name);
    await client.ended;
    t.regex(client.received.toString(), /name: got .*expected/, name);
  }
});

test('a bad name is closed with 1008 by a server that has no routes', async (t) => {
  const { url } = await startServer(t, {}, chat());
  const client = await connect(t, `${url}/?name=%00`);
  const { code, reason } = await client.closed;
  t.is(code, 1008);
  t.regex(reason, /^name: got a control character/);
});

test('named by address: a welcome, and lines that everyone sees alike', async (t) => {
  const { join } = await start(t, { names: 'address' });
  const a = await join();
  const name = `127.0.0.1:${(a.socket as unknown as { _socket: { localPort: number } })._socket.localPort}`;
  t.is(await a.next(), `Welcome ${name}`);
  const b = await join('ignored');
  t.regex(await b.next(), /^Welcome 127\.0\.0\.1:\d+$/);
  a.send('hello');
  t.deepEqual([await a.next(), await b.next()], [`${name} -> hello`, `${name} -> hello`]);
});

test('IPv4 at a listener for IPv6 is shown as IPv4', async (t) => {
  const server = createServer({ routes: { '/': chat({ names: 'address' }) } }).listen(0, '::');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const client = await connect(t, `ws://127.0.0.1:${server.port}`);
  t.regex(await client.next(), /^Welcome 127\.0\.0\.1:\d+$/);
});

test('a client behind a proxy is named by its own address, and by its port where the proxy tells it', async (t) => {
  let port: number | undefined = 50_000;
  const { url } = await startServer(t, {
    routes: { '/': chat({ names: 'address' }) },
    clientAddress: () => ({ address: '203.0.113.7', port }),
  });
  t.is(await (await connect(t, url)).next(), 'Welcome 203.0.113.7:50000');
  port = undefined;
  t.is(await (await connect(t, url)).next(), 'Welcome 203.0.113.7');
});

test('how names are given and lines written can be chosen', async (t) => {
  const { join } = await start(t, {
    names: { pool: ['Ann'], guestPrefix: 'Guest ', guestFrom: 2 },
    welcome: (name) => `hi ${name}`,
    line: (name, text) => `<${name}> ${text}`,
    ownLine: (text) => `me: ${text}`,
    heartbeats: { ping: 'pong' },
  });
  const [a, b] = [await join(), await join()];
  t.deepEqual([await a.next(), await b.next()], ['hi Ann', 'hi Guest 2']);
  b.send('ping');
  b.send('hello');
  t.deepEqual([await b.next(), await b.next(), await a.next()], ['pong', 'me: hello', '<Guest 2> hello']);
});

test('a thousand who come and go leave the pool whole', async (t) => {
  const room = await start(t);
  for (let round = 0; round < 10; round++) {
    const clients = await Promise.all(Array.from({ length: 100 }, () => room.join()));
    for (const [i, { socket }] of clients.entries()) {
      if (i % 2) socket.close();
      else socket.terminate();
    }
    await until(() => room.server.connections.length === 0);
  }
  const witness = await room.join('看客');
  const names = [];
  for (let i = 0; i < 6; i++) names.push((await nameOf(t, room, witness)).name);
  t.deepEqual(names, ['小王', '小军', '小红', '小明', '访客5', '访客6']);
});

test('fifty at once: everyone has every line once, in the order of its sender', async (t) => {
  const { join } = await start(t);
  const clients = await Promise.all(Array.from({ length: 50 }, () => join()));
  for (let i = 0; i < 10; i++) for (const client of clients) client.send(`${i}`);
  for (const client of clients) {
    const next = new Map<string, number>();
    for (let i = 0; i < 500; i++) {
      const [name = '', number] = (await client.next()).split(':');
      t.is(Number(number), next.get(name) ?? 0);
      next.set(name, Number(number) + 1);
    }
    t.is(next.size, 50);
    t.deepEqual(client.pending, []);
  }
});
