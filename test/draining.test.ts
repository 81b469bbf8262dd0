import { once } from 'node:events';
import test from 'ava';
import type { Connection } from '../src/index.ts';
import { retryAfterOf } from '../src/retry-after.ts';
import { connect } from './helpers/client.ts';
import { head, RawClient, startServer } from './helpers/server.ts';

const byTime = (a: number, b: number) => a - b;

test('tells each client a time of its own, spread to a rate, in an order of chance', async (t) => {
  const { server, url } = await startServer(t);
  const clients = [];
  for (let i = 0; i < 50; i++) clients.push(await connect(t, url));
  await server.shutdown(5000, { reconnectsPerSecond: 10 });
  const closes = await Promise.all(clients.map(({ closed }) => closed));
  t.true(closes.every(({ code }) => code === 1012));
  const told = closes.map(({ reason }) => retryAfterOf(reason) ?? -1);
  const sorted = told.toSorted(byTime);
  // Each has a tenth of a second for itself.
  t.deepEqual(
    sorted.map((afterMs) => Math.floor(afterMs / 100)),
    Array.from({ length: 50 }, (_, i) => i),
  );
  t.notDeepEqual(told, sorted);
  t.notDeepEqual(told, sorted.toReversed());
});

test('spreads to 500 in a second where no rate is given, and not at all where it is Infinity', async (t) => {
  for (const [options, last] of [
    [undefined, 2 * 20],
    [{ reconnectsPerSecond: Number.POSITIVE_INFINITY }, 1],
  ] as const) {
    const { server, url } = await startServer(t);
    const clients = await Promise.all(Array.from({ length: 20 }, () => connect(t, url)));
    await server.shutdown(5000, options);
    const told = await Promise.all(clients.map(async ({ closed }) => retryAfterOf((await closed).reason)));
    t.true(
      told.every((afterMs) => afterMs !== undefined && afterMs < last),
      String(told),
    );
  }
});

test('draining: what a listener sends goes out before the Close, with the same time', async (t) => {
  const { server, url } = await startServer(t, {}, (connection) => {
    connection.on('draining', (afterMs) => connection.sendText(JSON.stringify({ type: 'reconnect', afterMs })));
  });
  const client = await connect(t, url);
  await server.shutdown(5000, { reconnectsPerSecond: 0.01 });
  const { type, afterMs } = JSON.parse(await client.next());
  t.is(type, 'reconnect');
  t.deepEqual(await client.closed, { code: 1012, reason: `service restart; retry after ${afterMs} ms` });
});

test('draining: is emitted once, and not where the connection is being closed already', async (t) => {
  const { server, url } = await startServer(t);
  const told: string[] = [];
  server.on('connection', (connection) => connection.on('draining', () => told.push(connection.path)));
  const clients = [await connect(t, `${url}/closing`), await connect(t, `${url}/open`)];
  server.connections.find(({ path }) => path === '/closing')?.close(4000, 'of its own');
  await Promise.all([server.shutdown(5000), server.shutdown(5000)]);
  t.deepEqual(told, ['/open']);
  t.is((await clients[0]?.closed)?.code, 4000);
});

test('draining: a listener that throws ends its connection with 1011, and no other', async (t) => {
  const { server, url } = await startServer(t);
  server.on('connection', (connection) => {
    connection.on('draining', () => {
      if (connection.path === '/bad') throw new Error('no');
    });
  });
  const failed = once(server, 'handlerError');
  const clients = await Promise.all(['/', '/bad', '/'].map((path) => connect(t, url + path)));
  await server.shutdown(5000);
  const codes = await Promise.all(clients.map(async ({ closed }) => (await closed).code));
  t.deepEqual(codes, [1012, 1011, 1012]);
  t.is((await failed)[0].message, 'no');
});

test('who is let in while it drains is told a time behind those who were there', async (t) => {
  const { server, port, url } = await startServer(t);
  const [before, accepted] = [await connect(t, url), once(server.socket, 'connection')];
  const late = new RawClient(t, port);
  await accepted;
  const stopped = server.shutdown(5000, { reconnectsPerSecond: 1 });
  late.write(head());
  const answer = String(await late.until(' ms'));
  t.is(Math.floor(Number(retryAfterOf(answer)) / 1000), 1);
  t.is(Math.floor(Number(retryAfterOf((await before.closed).reason)) / 1000), 0);
  late.socket.end();
  await stopped;
});

for (const rate of [0, -1, Number.NaN]) {
  test(`shutdown refuses a rate of ${rate}, and goes on serving`, async (t) => {
    const { server, url } = await startServer(t);
    await t.throwsAsync(server.shutdown(100, { reconnectsPerSecond: rate }), {
      instanceOf: RangeError,
      message: /expected a number above 0/,
    });
    const opened = once(server, 'connection');
    const client = await connect(t, url);
    const [connection] = (await opened) as [Connection];
    connection.sendText('still here');
    t.is(await client.next(), 'still here');
  });
}
