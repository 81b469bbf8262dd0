import test, { type ExecutionContext } from 'ava';
import { WebSocket } from 'ws';
import { TextConnection } from '../../client/src/index.ts';
import { startServer, until } from '../helpers/server.ts';

const never = { shortest: 600_000, longest: 600_000 };

/** As much of a browser as is listened to. */
const page = Object.assign(new EventTarget(), {
  document: Object.assign(new EventTarget(), { visibilityState: 'visible' }),
  navigator: { onLine: true },
});
for (const [name, value] of Object.entries({
  document: page.document,
  navigator: page.navigator,
  addEventListener: page.addEventListener.bind(page),
})) {
  Object.defineProperty(globalThis, name, { value, configurable: true });
}

test.beforeEach(() => {
  page.document.visibilityState = 'visible';
  page.navigator.onLine = true;
});

/** A connection that the server has closed, and that would wait for ten minutes. */
async function lose(t: ExecutionContext, code: number, reason: string): Promise<TextConnection> {
  const { server, url } = await startServer(t);
  const connection = new TextConnection(url, { WebSocket, backoff: never });
  t.teardown(() => connection.close());
  connection.connect();
  await until(() => connection.state.name === 'open' && server.connections.length === 1);
  server.connections[0]?.close(code, reason);
  await until(() => connection.state.name === 'waiting');
  return connection;
}

const wakes = {
  'the network is back': () => page.dispatchEvent(new Event('online')),
  'somebody looks at the tab': () => page.document.dispatchEvent(new Event('visibilitychange')),
};

for (const [what, wake] of Object.entries(wakes)) {
  test.serial(`a wait ends at once when ${what}`, async (t) => {
    const connection = await lose(t, 1011, '');
    wake();
    await until(() => connection.state.name === 'open');
    t.pass();
  });
}

test.serial('a tab that is hidden, and a network that is gone, end no wait', async (t) => {
  const connection = await lose(t, 1011, '');
  page.document.visibilityState = 'hidden';
  page.document.dispatchEvent(new Event('visibilitychange'));
  page.navigator.onLine = false;
  page.dispatchEvent(new Event('offline'));
  t.is(connection.state.name, 'waiting');
});

test.serial('a wait that the server asked for is waited, unless connect is called', async (t) => {
  const connection = await lose(t, 1012, 'service restart; retry after 700000 ms');
  const { state } = connection;
  t.true(state.name === 'waiting' && state.retryAt > Date.now() + 650_000);
  for (const wake of Object.values(wakes)) wake();
  t.is(connection.state.name, 'waiting');
  connection.connect();
  await until(() => connection.state.name === 'open');
});

test.serial('a connection that seems open is asked for a sign of life', async (t) => {
  const { url } = await startServer(t);
  const connection = new TextConnection(url, { WebSocket, backoff: never, heartbeat: 'hello', heartbeatTimeout: 20 });
  t.teardown(() => connection.close());
  connection.connect();
  await until(() => connection.state.name === 'open');
  page.dispatchEvent(new Event('offline'));
  await until(() => connection.state.name === 'waiting');
  t.like(connection.state, { reason: 'the server does not answer' });
});
