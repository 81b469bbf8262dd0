import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { WebSocket, WebSocketServer } from 'ws';
import { type ConnectionOptions, type ConnectionState, join, TextConnection } from '../../client/src/index.ts';
import { startProgram } from '../helpers/program.ts';
import { startRoomServer } from '../helpers/room-server.ts';
import { startServer, until } from '../helpers/server.ts';

const never = { shortest: 600_000, longest: 600_000 };
/** Short enough for a test, long enough for a machine that is busy. */
const quick = { heartbeatInterval: 20, heartbeatTimeout: 5_000, backoff: never };

function open(t: ExecutionContext, url: string, options: ConnectionOptions = {}) {
  const connection = new TextConnection(url, { WebSocket, ...quick, ...options });
  t.teardown(() => connection.close());
  const texts: string[] = [];
  connection.on('text', (text) => texts.push(text));
  connection.connect();
  return { connection, texts };
}

const isDead = (state: ConnectionState) =>
  state.name === 'waiting' && state.code === 1006 && state.reason === 'the server does not answer';

test('a server that hangs is noticed, and when it goes on so does the connection', async (t) => {
  const { child, ws } = await startProgram(t);
  const { connection, texts } = open(t, `${ws}echo`);
  connection.send('first');
  await until(() => texts.length === 1);
  child.kill('SIGSTOP');
  await until(() => isDead(connection.state));
  connection.send('second');
  child.kill('SIGCONT');
  connection.connect();
  await until(() => texts.length === 2);
  t.deepEqual(texts, ['first', 'second']);
});

/** A server of the bare chat's heartbeat: `hello` is answered, anything else repeated. */
async function startChat(t: ExecutionContext) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  t.teardown(() => server.close());
  const chat = { url: '', hellos: 0, mute: false };
  server.on('connection', (socket) =>
    socket.on('message', (data) => {
      if (String(data) === 'hello') chat.hellos += 1;
      if (!chat.mute) socket.send(String(data) === 'hello' ? '收到,hello' : String(data));
    }),
  );
  await once(server, 'listening');
  chat.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return chat;
}

test('a heartbeat by hello does not show, a hello of the user does', async (t) => {
  const chat = await startChat(t);
  const { connection, texts } = open(t, chat.url, { heartbeat: 'hello' });
  await until(() => chat.hellos > 2);
  t.deepEqual(texts, []);
  connection.send('hello');
  await until(() => texts.length > 0);
  t.deepEqual(texts, ['收到,hello']);
  t.is(connection.state.name, 'open');
});

test('a server that does not answer hello is dead', async (t) => {
  const chat = await startChat(t);
  chat.mute = true;
  const { connection } = open(t, chat.url, { heartbeat: 'hello', heartbeatTimeout: 20 });
  await until(() => isDead(connection.state));
  t.true(chat.hellos > 0);
});

test('a server that does not answer the ping of a room is dead', async (t) => {
  const server = await startRoomServer(t);
  const room = join(server.url, 'lobby', { WebSocket, ...quick });
  t.teardown(() => room.close());
  await until(() => server.pings > 2);
  t.is(room.state.name, 'open');
  server.answersPings = false;
  await until(() => isDead(room.state));
});

/** A server on which sockets stay silent, and an HTTP server of its own that is asked. */
async function probe(t: ExecutionContext, answer: RequestListener, options: ConnectionOptions = {}) {
  let probes = 0;
  const http = createHttpServer((request, response) => {
    probes += 1;
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  t.teardown(() => http.close());
  const { url } = await startServer(t);
  const address = `http://127.0.0.1:${(http.address() as AddressInfo).port}/healthz`;
  const { connection } = open(t, url, { heartbeat: { probe: address }, ...options });
  return { connection, probes: () => probes };
}

test('any answer to a probe is a sign of life', async (t) => {
  const { connection, probes } = await probe(t, (_request, response) => response.writeHead(404).end());
  await until(() => probes() > 3);
  t.is(connection.state.name, 'open');
});

for (const [what, answer] of [
  ['the 502 of a proxy', (_request, response) => response.writeHead(502).end()],
  ['no answer', () => {}],
] as [string, RequestListener][]) {
  test(`${what} to a probe is none`, async (t) => {
    const { connection } = await probe(t, answer, { heartbeatTimeout: 50 });
    await until(() => isDead(connection.state));
    t.pass();
  });
}

test('where no probe has ever been answered, as under a policy that forbids them, a failure proves nothing', async (t) => {
  const { connection, probes } = await probe(t, (request) => request.socket.destroy());
  await until(() => probes() > 3);
  t.is(connection.state.name, 'open');
});

test('where one has been answered, a failure is the end', async (t) => {
  let answers = 1;
  const answer: RequestListener = (request, response) =>
    answers-- > 0 ? response.writeHead(200).end() : request.socket.destroy();
  const { connection } = await probe(t, answer);
  await until(() => isDead(connection.state));
  t.true(answers < 0);
});

test('the server of the program answers the probe that is asked without an option', async (t) => {
  const { ws } = await startProgram(t);
  const { connection } = open(t, ws, { heartbeatTimeout: 5_000 });
  await until(() => connection.state.name === 'open');
  const response = await fetch(new URL('healthz', ws.replace('ws', 'http')), { method: 'HEAD' });
  t.is(response.status, 200);
});
