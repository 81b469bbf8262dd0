import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import type { Connection } from '../src/index.ts';
import { clientAddress, closeCodes } from '../src/index.ts';
import { close, continuation, rawFrame, text } from './helpers/bytes.ts';
import { connect } from './helpers/client.ts';
import { head, RawClient, startServer, until } from './helpers/server.ts';

/** How a connection ended. Not by `once`, which rejects at the connection's `error`. */
const closeOf = (connection: Connection) =>
  new Promise<[number, string]>((resolve) => {
    connection.once('close', (code, reason) => resolve([code, reason]));
  });

const echo = (connection: Connection) => {
  connection.on('text', (message) => connection.sendText(message));
};

test('outlives a client that is killed, and sees its connection end with 1006', async (t) => {
  const { server, port, url } = await startServer(t, {}, echo);
  const script = `
    const ws = new (require('ws'))('ws://127.0.0.1:${port}');
    ws.on('open', () => console.log('open'));`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const [connection] = await once(server, 'connection');
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  t.deepEqual(await closeOf(connection), [1006, '']);
  t.is(connection.readyState, connection.CLOSED);
  t.is(server.connections.length, 0);
  const other = await connect(t, url);
  other.send('after');
  t.is(await other.next(), 'after');
});

test('outlives a reset in the middle of a broadcast; sending to what is closed says false', async (t) => {
  const { server, port, url } = await startServer(t);
  const gone = await new RawClient(t, port).open();
  const kept = await connect(t, url);
  const [lost] = server.connections as [Connection];
  gone.socket.resetAndDestroy();
  await closeOf(lost);
  t.false(lost.sendText('too late'));
  t.false(lost.sendBinary(Buffer.from('too late')));
  t.false(lost.sendPing());
  t.notThrows(() => lost.close());
  t.notThrows(() => lost.terminate());
  for (const connection of server.connections) connection.sendText('to all');
  t.is(await kept.next(), 'to all');
});

for (const [name, bytes, code] of [
  ['garbage', Buffer.from('not a frame at all, and quite long at that'), 1002],
  ['a text that is not UTF-8', text(Uint8Array.of(0xff)), 1007],
  ['a text over the limit', text('a'.repeat(1001)), 1009],
  [
    'fragments over the limit',
    Buffer.concat([text('a'.repeat(600), { fin: false }), continuation('a'.repeat(600))]),
    1009,
  ],
] as const) {
  test(`ends the connection that sends ${name} with ${code}, and no other`, async (t) => {
    const { server, port, url } = await startServer(t, { maxMessageBytes: 1000 }, echo);
    const other = await connect(t, url);
    const client = await new RawClient(t, port).open();
    const violation = once(server, 'violation');
    client.write(bytes);
    await client.ended;
    t.is(client.received[0], 0x88);
    t.is(client.received.readUInt16BE(2), code);
    t.is((await violation)[0].close.code, code);
    other.send('a'.repeat(1000));
    t.is(await other.next(), 'a'.repeat(1000));
  });
}

test('answers a close with its own code and then ends TCP', async (t) => {
  const { server, port } = await startServer(t, {}, echo);
  const client = await new RawClient(t, port).open();
  const [connection] = server.connections as [Connection];
  const closed = closeOf(connection);
  client.write(close(4321, 'enough'));
  await client.ended;
  t.is(client.received.toString('hex'), '880210e1');
  t.deepEqual(await closed, [4321, 'enough']);
});

test('hands on what was sent before a close', async (t) => {
  const { port } = await startServer(t, {}, (connection) => {
    connection.sendText('one');
    connection.sendText('two');
    connection.close(1000, 'done');
    t.false(connection.sendText('three'));
  });
  const client = await new RawClient(t, port).open();
  await client.until('done');
  t.is(client.received.toString('latin1'), '\x81\x03one\x81\x03two\x88\x06\x03\xe8done');
});

test('cuts a client that does not answer a close within the time', async (t) => {
  const { server, port } = await startServer(t, { closeTimeout: 100 });
  const client = await new RawClient(t, port).open();
  const [connection] = server.connections as [Connection];
  connection.close(1000, 'bye');
  await client.ended;
  await until(() => connection.readyState === connection.CLOSED);
  t.is(server.connections.length, 0);
});

test('emits close once, with the code that this side gave', async (t) => {
  const { server, url } = await startServer(t);
  const client = await connect(t, url);
  const [connection] = server.connections as [Connection];
  const closes: unknown[] = [];
  connection.on('close', (...how) => closes.push(how));
  connection.close(4000, 'mine');
  connection.close(4001, 'again');
  t.deepEqual(await client.closed, { code: 4000, reason: 'mine' });
  await until(() => server.connections.length === 0);
  t.deepEqual(closes, [[4000, 'mine']]);
});

test('refuses a close code that may not be sent', async (t) => {
  const { server, port } = await startServer(t);
  await new RawClient(t, port).open();
  for (const code of [999, 1005, 1006, 5000]) {
    t.throws(() => server.connections[0]?.close(code), { instanceOf: RangeError, message: new RegExp(String(code)) });
  }
});

for (const [name, fail] of [
  [
    'throws',
    () => {
      throw new Error('no');
    },
  ],
  [
    'rejects',
    async () => {
      throw new Error('no');
    },
  ],
] as const) {
  test(`closes with 1011 when a listener ${name}, says so, and keeps the others`, async (t) => {
    const { server, url } = await startServer(t, {}, (connection) => {
      connection.on('text', (message) => (message === 'fail' ? fail() : connection.sendText(message)));
    });
    const failed = once(server, 'handlerError');
    const client = await connect(t, url);
    const other = await connect(t, url);
    client.send('fail');
    t.is((await client.closed).code, 1011);
    t.is((await failed)[0].message, 'no');
    other.send('fine');
    t.is(await other.next(), 'fine');
  });
}

test('closes with 1011 when the handler itself throws', async (t) => {
  const { server, url } = await startServer(t, {
    routes: {
      '/': () => {
        throw new Error('no');
      },
    },
  });
  server.on('handlerError', () => {});
  const client = await connect(t, url);
  t.is((await client.closed).code, 1011);
});

test('closes a reader that lets more wait than the bound with 1013', async (t) => {
  const { server, port } = await startServer(t, { maxBufferedBytes: 100_000, closeTimeout: 100 });
  const client = await new RawClient(t, port).open();
  client.socket.pause();
  const [connection] = server.connections as [Connection];
  const closed = closeOf(connection);
  const flood = setInterval(() => connection.sendText('x'.repeat(60_000)), 1);
  t.teardown(() => clearInterval(flood));
  t.deepEqual(await closed, [closeCodes.TRY_AGAIN_LATER.code, closeCodes.TRY_AGAIN_LATER.reason]);
});

test('finds a peer that is silent after a ping, and keeps one that answers', async (t) => {
  const { server, port, url } = await startServer(t, { pingInterval: 200, pingTimeout: 100 }, echo);
  const answering = await connect(t, url);
  const pings: string[] = [];
  answering.socket.on('ping', (payload) => pings.push(String(payload)));
  const silent = await new RawClient(t, port).open();
  await silent.ended;
  await until(() => pings.length >= 3);
  t.is(server.connections.length, 1);
});

test('keeps its list of connections whole while they come and go', async (t) => {
  const { server, url } = await startServer(t);
  const clients = await Promise.all(Array.from({ length: 20 }, () => connect(t, url)));
  for (const i of [19, 0, 7, 3, 12]) {
    const before = server.connections.length;
    clients[i]?.socket.close();
    await until(() => server.connections.length === before - 1);
  }
  t.is(new Set(server.connections).size, 15);
  t.true(server.connections.every(({ readyState, OPEN }) => readyState === OPEN));
});

test('closes every client with 1012 at a shutdown and cuts those that do not answer', async (t) => {
  const { server, port, url } = await startServer(t);
  const client = await connect(t, url);
  const deaf = await new RawClient(t, port).open();
  await server.shutdown(200);
  const { code, reason } = await client.closed;
  t.is(code, 1012);
  t.regex(reason, /^service restart; retry after \d+ ms$/);
  await deaf.ended;
  t.is(server.connections.length, 0);
});

test('believes a proxy about the client only when it is trusted', async (t) => {
  const headers = { 'X-Forwarded-For': '203.0.113.9', 'X-Real-Port': '4711' };
  const trusting = await startServer(t, { clientAddress: clientAddress(['loopback']) });
  await connect(t, trusting.url, { headers });
  t.is(trusting.server.connections[0]?.remoteAddress, '203.0.113.9');
  t.is(trusting.server.connections[0]?.remotePort, 4711);
  const wary = await startServer(t);
  const { socket } = await connect(t, wary.url, { headers });
  t.is(wary.server.connections[0]?.remoteAddress, '127.0.0.1');
  t.not(wary.server.connections[0]?.remotePort, 4711);
  socket.terminate();
});

test('pauses and resumes reading when a handler asks', async (t) => {
  const { server, url } = await startServer(t, {}, echo);
  const client = await connect(t, url);
  const [connection] = server.connections as [Connection];
  connection.pause();
  client.send('while paused');
  connection.sendText('still sends');
  t.is(await client.next(), 'still sends');
  connection.resume();
  t.is(await client.next(), 'while paused');
});

test('drops what comes after a violation', async (t) => {
  const seen: string[] = [];
  const { port } = await startServer(t, {}, (connection) => connection.on('text', (message) => seen.push(message)));
  const client = await new RawClient(t, port).open();
  client.write(Buffer.concat([text('good'), rawFrame({ opcode: 3 }), text('late')]));
  await client.ended;
  t.deepEqual(seen, ['good']);
});

test('lets in whom it had accepted before a shutdown, and sends it back with 1012', async (t) => {
  const { server, port } = await startServer(t);
  const client = new RawClient(t, port);
  client.write('GET / HTTP/1.1\r\n');
  await until(() => client.socket.bytesWritten > 0 && !client.socket.connecting);
  const accepted = () =>
    new Promise<number>((resolve) => server.socket.getConnections((_error, count) => resolve(count)));
  while ((await accepted()) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const stopped = server.shutdown(5000);
  client.write(head().slice('GET / HTTP/1.1\r\n'.length));
  await client.until('101 Switching Protocols');
  await client.until('service restart');
  client.socket.end();
  await stopped;
  t.is(server.connections.length, 0);
});
