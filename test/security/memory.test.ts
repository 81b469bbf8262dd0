import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { startGuardedSite } from '../helpers/guarded-site.ts';
import { speak } from '../helpers/rooms.ts';
import { head, RawClient, until } from '../helpers/server.ts';
import { tokenWith } from '../helpers/tokens.ts';

/** Looks like a token of a public key that is not there yet. */
const UNKNOWN = 'eyJhbGciOiJFUzI1NiIsImtpZCI6ImEifQ.eyJzdWIiOiJBbm4ifQ.AAAA';

test('who waits for keys that do not come is counted as who is in, and one fetch is under way for all', async (t) => {
  let fetched = 0;
  const keys = http.createServer(() => {
    fetched++;
  });
  await once(keys.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => {
    keys.close();
    keys.closeAllConnections();
  });
  const jwksUrl = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/`;
  const { port } = await startGuardedSite(t, { jwksUrl, maxConnectionsPerIp: 50 });
  const clients = Array.from({ length: 60 }, () => new RawClient(t, port));
  for (const client of clients) client.write(head({}, `GET /rooms/lobby?token=${UNKNOWN} HTTP/1.1`));
  const answered = (status: number) =>
    clients.filter(({ received }) => received.toString('latin1').startsWith(`HTTP/1.1 ${status} `)).length;
  await until(() => answered(429) === 10);
  t.is(answered(503), 0);
  t.is((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
  // After the time that a fetch has.
  await until(() => answered(503) === 50);
  t.is(fetched, 1);
});

test('of the tokens that one connection sends, one is checked at a time', async (t) => {
  const { ws } = await startGuardedSite(t);
  const token = await tokenWith({ rooms: { lobby: ['read'] } });
  const client = await speak(t, `${ws}/rooms/lobby?token=${token}`);
  await client.nextOf('welcome');
  const message = JSON.stringify({ type: 'auth', token });
  client.socket.send(message);
  client.socket.send(message);
  const answers = [JSON.parse(await client.next()), JSON.parse(await client.next())];
  t.deepEqual(answers.map(({ type }) => type).sort(), ['error', 'renewed']);
  t.like(
    answers.find(({ type }) => type === 'error'),
    { code: 'unavailable', retryable: true },
  );
  client.send(message);
  await client.nextOf('renewed');
  client.send(JSON.stringify({ type: 'auth', token: 'x'.repeat(100_000) }));
  t.is((await client.nextOf('error')).code, 'unauthorized');
});
