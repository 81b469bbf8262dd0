import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import test from 'ava';
import { WebSocketServer } from 'ws';
import { connect } from '../src/index.ts';
import { until } from './helpers/server.ts';

/** An independent server (`ws`). */
async function startPeer(t: import('ava').ExecutionContext, options = {}) {
  const peer = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  t.teardown(() => peer.close());
  await once(peer, 'listening');
  return { peer, url: `ws://127.0.0.1:${(peer.address() as AddressInfo).port}` };
}

test('speaks with an independent server: texts, bytes, ping, a stream, close', async (t) => {
  const { peer, url } = await startPeer(t, { handleProtocols: () => 'second' });
  const seen: string[] = [];
  peer.on('connection', (socket, request) => {
    seen.push(String(request.headers['x-extra']), request.url ?? '', request.headers.host ?? '');
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  const connection = connect(`${url}/path?query`, {
    extraHeaders: { 'X-Extra': 'yes' },
    protocols: ['first', 'second'],
  });
  await once(connection, 'connect');
  t.deepEqual(seen, ['yes', '/path?query', url.slice(5)]);
  t.is(connection.protocol, 'second');

  const texts: string[] = [];
  connection.on('text', (text) => texts.push(text));
  for (const text of ['', '李旺', 'x'.repeat(70_000)]) connection.sendText(text);
  await until(() => texts.length === 3);
  t.deepEqual(texts, ['', '李旺', 'x'.repeat(70_000)]);

  const pongs: string[] = [];
  connection.on('pong', (payload) => pongs.push(payload));
  connection.sendPing('knock');
  await until(() => pongs.length === 1);
  t.deepEqual(pongs, ['knock']);

  const received: Buffer[] = [];
  connection.on('binary', (stream) => stream.on('data', (piece) => received.push(piece)));
  const stream = connection.beginBinary();
  stream?.write(Buffer.alloc(600_000, 1));
  stream?.end(Buffer.alloc(100, 2));
  await until(() => Buffer.concat(received).length === 600_100);
  t.is(Buffer.concat(received)[600_099], 2);

  connection.close(4000, 'done');
  const [code, reason] = await new Promise<[number, string]>((resolve) => {
    connection.once('close', (...how) => resolve(how));
  });
  t.is(`${code} ${reason}`, '4000 done');
});

test('says by error and close when nobody listens, and ends no process when nobody asks', async (t) => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const told = connect(`ws://127.0.0.1:${port}`);
  const errors: string[] = [];
  told.on('error', (error) => errors.push(error.message));
  const silent = connect(`ws://127.0.0.1:${port}`);
  const closes: number[] = [];
  for (const connection of [told, silent]) connection.on('close', (code) => closes.push(code));
  await until(() => closes.length === 2);
  t.deepEqual(closes, [1006, 1006]);
  t.regex(errors.join(), /ECONNREFUSED/);
});

for (const [name, answer, says] of [
  [
    'is not a WebSocket server',
    'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    /answered "HTTP\/1\.1 200 OK", expected/,
  ],
  [
    'answers with a wrong key',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: no\r\n\r\n',
    /hash mismatch/,
  ],
  ['answers without end', 'HTTP/1.1 101 Switching Protocols\r\n'.padEnd(20_000, 'x'), /more than 16384 bytes/],
  ['does not answer', '', /did not answer the handshake within 200 ms/],
] as const) {
  test(`gives up on a server that ${name}`, async (t) => {
    const server = net.createServer((socket) => socket.on('error', () => {}).write(answer)).listen(0, '127.0.0.1');
    t.teardown(() => server.close());
    await once(server, 'listening');
    const connection = connect(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, { handshakeTimeout: 200 });
    const errors: string[] = [];
    connection.on('error', (error) => errors.push(error.message));
    await new Promise<void>((resolve) => connection.once('close', () => resolve()));
    t.regex(errors.join(), says);
  });
}

test('refuses what is not a WebSocket URL', (t) => {
  for (const url of ['http://localhost', 'localhost:8088', '']) {
    t.throws(() => connect(url), { code: 'ERR_HANDSHAKE', message: /expected a ws:\/\/ or wss:\/\/ URL/ });
  }
});
