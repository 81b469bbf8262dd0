import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Connection, ServerOptions } from '../src/index.ts';
import { binary, text } from './helpers/bytes.ts';
import { connect } from './helpers/client.ts';
import { runProgram, startProgram } from './helpers/program.ts';
import { head, RawClient, startServer, until } from './helpers/server.ts';

const H2C = { Upgrade: 'h2c', Connection: 'Upgrade' };

test('outlives a reset after a request to upgrade to something else', async (t) => {
  const { url, ws, port } = await startProgram(t);
  for (let i = 0; i < 20; i++) {
    const client = new RawClient(t, port);
    client.write(head(H2C, 'GET /healthz HTTP/1.1'));
    if (i % 2) await client.until('200 OK');
    client.socket.resetAndDestroy();
  }
  await connect(t, ws);
  t.is((await fetch(`${url}readyz`)).status, 200);
});

for (const [name, second] of [
  ['to something else', head(H2C)],
  ['to a WebSocket', head()],
] as const) {
  test(`ends a socket that asks for a page and, in the same packet, to upgrade ${name}`, async (t) => {
    const { ws, port } = await startProgram(t);
    const client = new RawClient(t, port);
    client.write(`GET / HTTP/1.1\r\nHost: a\r\n\r\n${second}`);
    await client.ended;
    t.notRegex(client.received.toString(), /101 Switching/);
    await connect(t, ws);
  });
}

test('lets no peer keep a socket that was refused', async (t) => {
  const { server, port } = await startServer(t, { routes: { '/': () => {} }, handshakeTimeout: 300 });
  const requests = [
    head({}, 'GET /nowhere HTTP/1.1'),
    `${head({}, 'GET /nowhere HTTP/1.1')}and more`,
    head(H2C),
    'GET / HTTP/1.1\r\n',
    '',
  ];
  for (const request of requests) new RawClient(t, port).write(request);
  const open = () => new Promise<number>((resolve) => server.socket.getConnections((_error, count) => resolve(count)));
  await until(() => server.socket.listening);
  while ((await open()) < requests.length) await new Promise((resolve) => setTimeout(resolve, 10));
  while ((await open()) > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  t.pass();
});

test('lets no peer keep a connection that it has ended without reading', async (t) => {
  const { server, port } = await startServer(t, { closeTimeout: 200, maxBufferedBytes: 1e9 });
  const client = await new RawClient(t, port).open();
  const [connection] = server.connections as [Connection];
  client.socket.pause();
  while (connection.bufferedAmount < 1e6) {
    connection.sendText('x'.repeat(100_000));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const gone = once(connection.socket, 'close');
  client.socket.end();
  await gone;
  t.is(connection.readyState, connection.CLOSED);
});

test('stops in time although peers hold refused sockets', async (t) => {
  const { child, port, exited } = await startProgram(t, { DRAIN_TIME: '1s' });
  for (let i = 0; i < 5; i++) {
    const client = new RawClient(t, port);
    client.write(head({}, 'GET /nowhere HTTP/1.1'));
    await client.until('404');
  }
  child.kill('SIGTERM');
  t.deepEqual(await exited, { code: 0, signal: null });
});

test('refuses a handshake with a body', async (t) => {
  const { port } = await startServer(t);
  for (const fields of [{ 'Content-Length': '5' }, { 'Transfer-Encoding': 'chunked' }]) {
    const client = new RawClient(t, port);
    client.write(head(fields));
    await client.until('HTTP/1.1 400');
  }
  t.pass();
});

test('leaves a file alone that is no socket', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'text-event-server-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const path = join(dir, 'important');
  writeFileSync(path, 'kept');
  const { exited, output } = runProgram(t, { SOCKET_PATH: path });
  t.is((await exited).code, 1);
  t.regex(output(), /it is a file or a folder and no socket, and is left alone\n$/);
  t.is(readFileSync(path, 'utf8'), 'kept');
});

const failures: [name: string, fail: (connection: Connection) => unknown, options?: ServerOptions][] = [
  ['an asynchronous handler', async () => Promise.reject(new Error('no'))],
  ['a handler, with nothing,', () => Promise.reject(undefined)],
  ['a listener of a binary stream', (c) => c.on('binary', (stream) => stream.on('data', throwNo))],
  ['a listener of messages', (c) => c.on('message', throwNo)],
  ['a callback of a sent message', (c) => c.sendText('hello', throwNo)],
];

function throwNo(): never {
  throw new Error('no');
}

for (const [name, fail] of failures) {
  for (const [way, start] of [
    ['a listener of connection', (f: (c: Connection) => unknown) => [{}, f] as const],
    ['a route', (f: (c: Connection) => unknown) => [{ routes: { '/': f } }, undefined] as const],
  ] as const) {
    test(`closes with 1011 when ${name} fails, in ${way}`, async (t) => {
      const [options, handler] = start(fail);
      const { server, port } = await startServer(t, options as ServerOptions, handler as () => void);
      const failed = new Promise((resolve) => server.on('handlerError', resolve));
      const client = await new RawClient(t, port).open();
      client.write(binary('bytes'));
      await client.until(Buffer.from([0x03, 0xf3]));
      await failed;
      t.pass();
    });
  }
}

test('hands out nothing more after terminate, and takes nothing', async (t) => {
  const seen: string[] = [];
  let sent: boolean | undefined;
  const { port } = await startServer(t, {}, (connection) => {
    connection.on('text', (message) => {
      seen.push(message);
      connection.terminate();
      sent = connection.sendText('late');
    });
  });
  const client = await new RawClient(t, port).open();
  client.write(Buffer.concat([text('one'), text('two')]));
  await client.ended;
  t.deepEqual(seen, ['one']);
  t.false(sent);
});

test('holds back what came in one packet with a message at which a handler pauses', async (t) => {
  const seen: string[] = [];
  const { server, port } = await startServer(t, {}, (connection) => {
    connection.on('text', (message) => {
      seen.push(message);
      connection.pause();
    });
  });
  const client = await new RawClient(t, port).open();
  client.write(Buffer.concat([text('one'), text('two'), text('three')]));
  await until(() => seen.length > 0);
  t.deepEqual(seen, ['one']);
  server.connections[0]?.resume();
  t.deepEqual(seen, ['one', 'two']);
  server.connections[0]?.resume();
  t.deepEqual(seen, ['one', 'two', 'three']);
});

test('reaches everyone with a broadcast although one is closed for being slow, and one sends a stream', async (t) => {
  const { server, port, url } = await startServer(t, { maxBufferedBytes: 1000 });
  const slow = await new RawClient(t, port).open();
  slow.socket.pause();
  const [first] = server.connections as [Connection];
  const streaming = await connect(t, url);
  const others = await Promise.all([connect(t, url), connect(t, url)]);
  server.connections[1]?.beginBinary();
  while (first.sendText('x'.repeat(500_000))) await new Promise((resolve) => setImmediate(resolve));
  t.is(server.broadcast('to all'), 2);
  for (const other of others) t.is(await other.next(), 'to all');
  t.deepEqual(streaming.pending, []);
});

test('fails a connection whose binary stream is destroyed in the middle', async (t) => {
  const { server, url } = await startServer(t);
  const client = await connect(t, url);
  const stream = server.connections[0]?.beginBinary();
  stream?.write(Buffer.alloc(600_000));
  await until(() => server.connections[0]?.bufferedAmount === 0);
  stream?.destroy();
  t.is((await client.closed).code, 1011);
});
