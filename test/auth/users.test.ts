import test from 'ava';
import { WebSocket } from 'ws';
import { connect } from '../helpers/client.ts';
import { startGuardedSite } from '../helpers/guarded-site.ts';
import { startServer, until } from '../helpers/server.ts';
import { secret, tokenWith } from '../helpers/tokens.ts';

const rooms = { '*': ['read', 'publish'] };

/** What a handshake is answered that is not let in. */
function refusal(
  url: string,
  headers = {},
): Promise<{ status: number | undefined; retryAfter: string | undefined; said: string }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { headers });
    socket.on('unexpected-response', async (_request, response) => {
      let said = '';
      for await (const piece of response.setEncoding('utf8')) said += piece;
      resolve({ status: response.statusCode, retryAfter: response.headers['retry-after'], said });
    });
    socket.on('open', () => reject(new Error('it was let in')));
    socket.on('error', () => {});
  });
}

test('one user has so many connections and no more, on all paths and with all tokens; another has their own', async (t) => {
  const { ws } = await startGuardedSite(t, { secret, maxConnectionsPerUser: 2 });
  const bearer = async (sub: string, jti: string) => ({
    Authorization: `Bearer ${await tokenWith({ sub, jti, rooms })}`,
  });
  const first = await connect(t, `${ws}/rooms/a`, { headers: await bearer('Ann', '1') });
  await connect(t, `${ws}/echo`, { headers: await bearer('Ann', '2') });
  const { status, retryAfter, said } = await refusal(`${ws}/rooms/b`, await bearer('Ann', '3'));
  t.deepEqual([status, retryAfter], [429, '5']);
  t.is(said, '2 connections from Ann, the limit is 2\n');
  await connect(t, `${ws}/rooms/b`, { headers: await bearer('Bob', '1') });
  for (let i = 0; i < 5; i++) await connect(t, `${ws}/echo`);
  first.socket.close();
  await first.closed;
  // Its place is free when its socket is gone.
  const headers = await bearer('Ann', '4');
  await until(() =>
    connect(t, `${ws}/rooms/b`, { headers }).then(
      () => true,
      () => false,
    ),
  );
  t.is((await refusal(`${ws}/echo`, headers)).status, 429);
});

test('who is refused is not counted', async (t) => {
  const { ws } = await startGuardedSite(t, { secret, maxConnectionsPerUser: 1 });
  const headers = { Authorization: `Bearer ${await tokenWith({ rooms: { a: ['read'] } })}` };
  for (let i = 0; i < 3; i++) t.is((await refusal(`${ws}/rooms/b`, headers)).status, 403);
  await connect(t, `${ws}/rooms/a`, { headers });
  for (let i = 0; i < 3; i++) t.is((await refusal(`${ws}/rooms/a`, headers)).status, 429);
});

test('streams of one user are counted, too, and what it publishes over HTTP', async (t) => {
  const { url } = await startGuardedSite(t, { secret, maxConnectionsPerUser: 1, messagesPerSecond: 1 });
  const headersOf = async (sub: string) => ({ Authorization: `Bearer ${await tokenWith({ sub, rooms })}` });
  const [ann, bob] = [await headersOf('Ann'), await headersOf('Bob')];
  const events = `${url}/rooms/a/events`;
  const end = new AbortController();
  t.teardown(() => end.abort());
  const stream = (headers: Record<string, string>) =>
    fetch(events, { headers: { ...headers, Accept: 'text/event-stream' }, signal: end.signal });
  t.is((await stream(ann)).status, 200);
  const refused = await stream(ann);
  t.is(refused.status, 429);
  t.like(await refused.json(), {
    code: 'too_many_connections',
    detail: '1 streams and polls from Ann, the limit is 1',
  });
  t.is((await stream(bob)).status, 200);
  // The site takes all for one address; five seconds' worth is 5.
  const publish = async (headers: Record<string, string>) =>
    (await fetch(events, { method: 'POST', headers, body: 'x' })).status;
  const statuses = await Promise.all(Array.from({ length: 6 }, () => publish(ann)));
  t.deepEqual(statuses.sort(), [201, 201, 201, 201, 201, 429]);
  t.is(await publish(bob), 201);
});

test('what userOf throws refuses the request, and nothing else', async (t) => {
  const errors: unknown[] = [];
  const { server, url } = await startServer(t, {
    authorize: () => true,
    userOf: ({ url: target }) => {
      if (target === '/bad') throw new Error('made up');
      return 'Ann';
    },
    maxConnectionsPerUser: 1,
  });
  server.on('authorizeError', (error) => errors.push(error));
  t.is((await refusal(`${url}/bad`)).status, 500);
  t.is(errors.length, 1);
  await connect(t, `${url}/`);
  t.is((await refusal(`${url}/`)).status, 429);
});
