import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { WebSocket, WebSocketServer } from 'ws';
import { type ConnectionOptions, type ConnectionState, type Socket, TextConnection } from '../../client/src/index.ts';
import { withRetryAfter } from '../../src/retry-after.ts';

const soon = { shortest: 1, longest: 1 };
const never = { shortest: 600_000, longest: 600_000 };

/** A server that repeats what it hears, on the given port or a free one. */
async function startEcho(t: ExecutionContext, port = 0) {
  const server = new WebSocketServer({ host: '127.0.0.1', port });
  server.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))));
  await once(server, 'listening');
  const stop = async (code: number) => {
    for (const socket of server.clients) socket.close(code);
    await new Promise((resolve) => server.close(resolve));
  };
  t.teardown(() => stop(1012));
  return { server, stop, port: (server.address() as AddressInfo).port };
}

function openConnection(t: ExecutionContext, port: number, options: ConnectionOptions = {}) {
  // Node 20 has no WebSocket of its own.
  const connection = new TextConnection(`ws://127.0.0.1:${port}/`, { WebSocket, backoff: soon, ...options });
  t.teardown(() => connection.close());
  const states: ConnectionState[] = [];
  connection.on('state', (state) => states.push(state));
  connection.connect();
  const names = () => states.map(({ name }) => name);
  return { connection, states, names };
}

/** Resolves with the state once the connection has the named one; at once where it has it now. */
function reaches(connection: TextConnection, name: ConnectionState['name']): Promise<ConnectionState> {
  return new Promise((resolve) => {
    const look = (state: ConnectionState) => state.name === name && resolve(state);
    connection.on('state', look);
    look(connection.state);
  });
}

function hears(connection: TextConnection, count: number): Promise<string[]> {
  const heard: string[] = [];
  return new Promise((resolve) => {
    connection.on('text', (text) => {
      if (heard.push(text) === count) resolve(heard);
    });
  });
}

test('lines sent before the connection is open go out in order once it is', async (t) => {
  const { port } = await startEcho(t);
  const { connection, names } = openConnection(t, port);
  const heard = hears(connection, 3);
  for (const line of ['a', '', '李旺']) t.true(connection.send(line));
  t.is(connection.queued, 3);
  t.deepEqual(await heard, ['a', '', '李旺']);
  t.is(connection.queued, 0);
  t.deepEqual(names(), ['connecting', 'open']);
});

test('a server that restarts is found again, and hears what was sent while it was away', async (t) => {
  const { port, stop } = await startEcho(t);
  const { connection } = openConnection(t, port);
  await reaches(connection, 'open');
  await stop(1012);
  await reaches(connection, 'waiting');
  const heard = hears(connection, 1);
  connection.send('still here');
  await startEcho(t, port);
  t.deepEqual(await heard, ['still here']);
});

test('a line too many is refused, not dropped in silence', (t) => {
  const { connection } = openConnection(t, 1, { backoff: never, maxQueued: 2 });
  t.deepEqual(
    ['a', 'b', 'c'].map((line) => connection.send(line)),
    [true, true, false],
  );
  t.is(connection.queued, 2);
});

test('the queue is told of as it grows and empties', async (t) => {
  const { connection } = openConnection(t, 1, { backoff: never, maxQueued: 2 });
  const lengths: number[] = [];
  connection.on('queue', (length) => lengths.push(length));
  for (const line of ['a', 'b', 'c']) connection.send(line);
  t.deepEqual(lengths, [1, 2]);
  const echo = await startEcho(t);
  const other = openConnection(t, echo.port).connection;
  other.on('queue', (length) => lengths.push(length));
  other.send('a');
  await reaches(other, 'open');
  t.deepEqual(lengths, [1, 2, 1, 0]);
});

test('a loss says its code and reason, an attempt that fails what the platform knows of it', async (t) => {
  const { port, server } = await startEcho(t);
  const { connection } = openConnection(t, port, { backoff: never });
  await reaches(connection, 'open');
  for (const socket of server.clients) socket.close(1011, 'internal error');
  t.like(await reaches(connection, 'waiting'), { code: 1011, reason: 'internal error', failures: 1 });
  const refused = openConnection(t, 1, { backoff: never }).connection;
  t.like(await reaches(refused, 'waiting'), { code: 1006, reason: 'connect ECONNREFUSED 127.0.0.1:1' });
});

for (const code of [1012, 1013]) {
  test(`a server that closes with ${code} says when to come back, and that is when`, async (t) => {
    const { port, server } = await startEcho(t);
    const { connection } = openConnection(t, port);
    await reaches(connection, 'open');
    for (const socket of server.clients) socket.close(code, withRetryAfter('service restart', 600_000));
    const state = await reaches(connection, 'waiting');
    t.true(state.name === 'waiting' && Math.abs(state.retryAt - Date.now() - 600_000) < 30_000);
  });
}

test('a wait says when it ends, and connect cuts it short', async (t) => {
  const { port, server } = await startEcho(t);
  const { connection } = openConnection(t, port, { backoff: never });
  await reaches(connection, 'open');
  for (const socket of server.clients) socket.terminate();
  const state = await reaches(connection, 'waiting');
  t.true(state.name === 'waiting' && Math.abs(state.retryAt - Date.now() - never.longest) < 5_000);
  connection.connect();
  await reaches(connection, 'open');
  t.pass();
});

for (const code of [1000, 1002, 1008]) {
  test(`close code ${code} ends it until somebody calls connect`, async (t) => {
    const { port, server } = await startEcho(t);
    const { connection, names } = openConnection(t, port);
    await reaches(connection, 'open');
    for (const socket of server.clients) socket.close(code, 'enough');
    t.deepEqual(await reaches(connection, 'closed'), { name: 'closed', code, reason: 'enough' });
    connection.connect();
    await reaches(connection, 'open');
    t.deepEqual(names(), ['connecting', 'open', 'closed', 'connecting', 'open']);
  });
}

test('an attempt that nobody answers is given up in the stated time', async (t) => {
  const mute = createServer().listen(0, '127.0.0.1');
  t.teardown(() => mute.close());
  await once(mute, 'listening');
  const { port } = mute.address() as AddressInfo;
  const { connection } = openConnection(t, port, { backoff: never, connectTimeout: 20 });
  await reaches(connection, 'waiting');
  t.pass();
});

/** As the one of Node 22 does where nobody listens: an error, and no close after it. */
class Refused implements Socket {
  readyState = 0;
  onopen = null;
  onmessage = null;
  onclose = null;
  onerror: Socket['onerror'] = null;

  constructor() {
    setImmediate(() => this.onerror?.({ message: 'refused' } as never));
  }

  send(): void {}
  close(): void {}
}

test('an attempt that ends with an error alone is a failed one', async (t) => {
  const { connection } = openConnection(t, 1, { backoff: never, connectTimeout: 600_000, WebSocket: Refused });
  t.like(await reaches(connection, 'waiting'), { code: 1006, reason: 'refused' });
});

test('waits grow while the server accepts and drops at once', async (t) => {
  const { port, server } = await startEcho(t);
  server.on('connection', (socket) => socket.close(1012));
  const { states, connection } = openConnection(t, port, { backoff: { shortest: 4, longest: 600_000 } });
  const longWait = (state: ConnectionState) => state.name === 'waiting' && state.retryAt - Date.now() > 50;
  await new Promise<void>((resolve) => connection.on('state', (state) => longWait(state) && resolve()));
  t.true(states.filter(({ name }) => name === 'open').length > 1);
});

test('close is final: nothing is heard and nothing tried any more', async (t) => {
  const { port, server } = await startEcho(t);
  const { connection, names } = openConnection(t, port);
  await reaches(connection, 'open');
  connection.on('text', () => t.fail());
  const [socket] = server.clients;
  connection.close();
  socket?.send('too late');
  await once(socket ?? server, 'close');
  t.deepEqual(names(), ['connecting', 'open', 'closed']);
});
