import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { clientAddress, type Refusal, type Server, type ServerOptions } from '../src/index.ts';
import { makeCertificate } from './helpers/certificate.ts';
import { connect } from './helpers/client.ts';
import { startProgram } from './helpers/program.ts';
import { RawClient, startServer, until } from './helpers/server.ts';

const PAGE = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
/** What follows has begun: the connection is not closed as an idle one is, after 5 s. */
const PAGE_AND_MORE = `${PAGE}GET /`;

/** A server with a page, and how to open sockets that it has accepted before they are handed out. */
async function start(t: ExecutionContext, options: ServerOptions) {
  const { server, port, url } = await startServer(t, {
    request: (_request, response) => response.end('a page'),
    handshakeTimeout: 60_000,
    ...options,
  });
  const refusals: Refusal[] = [];
  server.on('refused', (refusal) => refusals.push(refusal));
  const open = async (localAddress?: string) => {
    const accepted = once(server.socket, 'connection');
    const client = new RawClient(t, port, localAddress);
    await accepted;
    return client;
  };
  return { server, port, url, open, refusals };
}

async function answerOf(client: RawClient): Promise<string> {
  await client.ended;
  return client.received.toString();
}

/** Resolves when the server has noticed that so many sockets are left. */
async function socketsLeft(server: Server, count: number): Promise<void> {
  const open = () => new Promise<number>((resolve) => server.socket.getConnections((_error, n) => resolve(n)));
  while ((await open()) !== count) await new Promise((resolve) => setTimeout(resolve, 5));
}

for (const [option, status, reason] of [
  ['maxHttpConnections', '503 Service Unavailable', '3 HTTP connections, the limit is 3'],
  ['maxHttpConnectionsPerIp', '429 Too Many Requests', '3 HTTP connections from 127.0.0.1, the limit is 3'],
] as const) {
  test(`${option}: the newest over it is told ${status} before it is read`, async (t) => {
    const { server, open, refusals } = await start(t, { [option]: 3 });
    const held = [await open(), await open(), await open()];
    const answer = await answerOf(await open());
    t.true(answer.startsWith(`HTTP/1.1 ${status}\r\n`), answer);
    t.regex(answer, /\r\nRetry-After: 5\r\n/);
    t.true(answer.endsWith(`\r\n\r\n${reason}\n`), answer);
    t.deepEqual(
      refusals.map((refusal) => refusal.reason),
      [reason],
    );
    // The others stay, and a place is free when one leaves.
    held[0]?.socket.destroy();
    await socketsLeft(server, 2);
    const next = await open();
    for (const client of [next, ...held.slice(1)]) {
      client.write(PAGE);
      await client.until('a page');
    }
  });
}

test('maxHttpConnectionsPerIp: counts each address by itself, and WebSockets not at all', async (t) => {
  const { open, url } = await start(t, { maxHttpConnectionsPerIp: 1 });
  for (let i = 0; i < 3; i++) await connect(t, url);
  await open();
  await open('127.0.0.2');
  t.regex(await answerOf(await open()), /^HTTP\/1\.1 429 /);
  t.regex(await answerOf(await open('127.0.0.2')), /^HTTP\/1\.1 429 /);
});

test('a connection counts while it is kept alive after a page, and while one is waited for', async (t) => {
  const { server, open } = await start(t, {
    maxHttpConnectionsPerIp: 2,
    request: (request, response) => request.url === '/' && response.end('a page'),
  });
  const idle = await open();
  idle.write(PAGE);
  await idle.until('a page');
  const waiting = await open();
  waiting.write(PAGE.replace('GET /', 'GET /slow'));
  await once(server.socket, 'request');
  t.regex(await answerOf(await open()), /^HTTP\/1\.1 429 /);
});

test('a request that is refused frees its place when its socket is gone', async (t) => {
  const { server, open } = await start(t, { maxHttpConnectionsPerIp: 1, path: '/only' });
  for (let i = 0; i < 3; i++) {
    const refused = await open();
    refused.write(`${PAGE.trimEnd()}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    t.regex(await answerOf(refused), /^HTTP\/1\.1 400 /);
    refused.socket.destroy();
    await socketsLeft(server, 0);
  }
});

for (const [name, options] of [
  ['a trusted proxy', { clientAddress: clientAddress(['loopback']) }],
  ['anybody where a function of its own says who it is', { clientAddress: () => ({ address: 'a', port: 1 }) }],
] as const) {
  test(`maxHttpConnectionsPerIp does not bound ${name}; maxHttpConnections does`, async (t) => {
    const { open } = await start(t, { maxHttpConnectionsPerIp: 1, maxHttpConnections: 3, ...options });
    for (let i = 0; i < 3; i++) await open();
    t.regex(await answerOf(await open()), /^HTTP\/1\.1 503 /);
  });
}

test('maxHttpConnectionsPerIp bounds an address that is not trusted beside one that is', async (t) => {
  const { open } = await start(t, { maxHttpConnectionsPerIp: 1, clientAddress: clientAddress(['127.0.0.2']) });
  await open();
  t.regex(await answerOf(await open()), /^HTTP\/1\.1 429 /);
  for (let i = 0; i < 3; i++) await open('127.0.0.2');
});

test('maxHttpConnectionsPerIp is 256, or maxConnectionsPerIp where that is more', async (t) => {
  for (const [options, limit] of [
    [{}, 256],
    [{ maxConnectionsPerIp: 2 }, 256],
    [{ maxConnectionsPerIp: 300 }, 300],
  ] as const) {
    const { open } = await start(t, options);
    for (let i = 0; i < limit; i++) await open();
    t.regex(await answerOf(await open()), new RegExp(`the limit is ${limit}\n$`));
  }
});

test('over TLS the newest is cut, and a WebSocket leaves its place', async (t) => {
  const certificate = makeCertificate(t);
  if (!certificate) return;
  const { key, cert } = certificate;
  const { open, port, server } = await start(t, { secure: true, key, cert, maxHttpConnectionsPerIp: 1 });
  const url = `wss://localhost:${port}/`;
  const family = { ca: cert, family: 4 };
  const first = await connect(t, url, family);
  await connect(t, url, family);
  const held = await open();
  t.is(await answerOf(await open()), '');
  await t.throwsAsync(connect(t, url, family));
  held.socket.destroy();
  first.socket.terminate();
  await until(() => server.connections.length === 1);
  await socketsLeft(server, 1);
  await connect(t, url, family);
});

test('the program counts what comes by its Unix socket in total only', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'text-event-server-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, 'socket');
  const limits = { MAX_HTTP_CONNECTIONS_PER_IP: '1', MAX_HTTP_CONNECTIONS: '5', HANDSHAKE_TIMEOUT: '1m' };
  const { port } = await startProgram(t, { SOCKET_PATH: path, ...limits });
  const held = await Promise.all(
    Array.from({ length: 5 }, async () => {
      const socket = net.connect(path);
      t.teardown(() => socket.destroy());
      socket.write(PAGE_AND_MORE);
      await once(socket, 'data');
      return socket;
    }),
  );
  t.regex(await answerOf(new RawClient(t, port)), /^HTTP\/1\.1 503 [\s\S]*5 HTTP connections, the limit is 5\n$/);
  t.true(held.every(({ destroyed }) => !destroyed));
});
