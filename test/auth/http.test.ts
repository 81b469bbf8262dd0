import test from 'ava';
import { startStream } from '../helpers/event-stream.ts';
import { startGuardedSite } from '../helpers/guarded-site.ts';
import { secret, tokenWith } from '../helpers/tokens.ts';

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const post = (url: string, headers = {}) => fetch(url, { method: 'POST', body: 'hello', headers });

test('HTTP asks for a token as a problem with 401 and a challenge', async (t) => {
  const { url } = await startGuardedSite(t);
  const events = `${url}/rooms/lobby/events`;
  const stream = fetch(events, { headers: { Accept: 'text/event-stream' } });
  for (const response of [await post(events), await fetch(events), await fetch(`${url}/rooms/lobby`), await stream]) {
    t.is(response.status, 401);
    t.is(response.headers.get('content-type'), 'application/problem+json');
    t.is(response.headers.get('www-authenticate'), 'Bearer realm="text-event-server"');
    t.like(await response.json(), { code: 'unauthorized', retryable: false });
  }
  t.is((await fetch(`${url}/healthz`)).status, 200);
});

test('a right that the token does not give is a problem with 403', async (t) => {
  const { url } = await startGuardedSite(t);
  const headers = bearer(await tokenWith({ rooms: { lobby: ['read'] } }));
  t.is((await fetch(`${url}/rooms/lobby/events`, { headers })).status, 200);
  for (const response of [
    await post(`${url}/rooms/lobby/events`, headers),
    await fetch(`${url}/rooms/other/events`, { headers }),
  ]) {
    t.is(response.status, 403);
    t.is(response.headers.get('www-authenticate'), 'Bearer realm="text-event-server", error="insufficient_scope"');
    t.is(((await response.json()) as { code: string }).code, 'forbidden');
  }
});

test('what is published over HTTP has the name of the token, and anonymous lines the one asked for', async (t) => {
  const { url } = await startGuardedSite(t, { secret, anonymous: '/rooms/open' });
  const headers = bearer(await tokenWith({ rooms: { '*': ['read', 'publish'] } }));
  t.is((await post(`${url}/rooms/lobby/events?name=Bob`, headers)).status, 201);
  t.is((await post(`${url}/rooms/open/events?name=Bob`)).status, 201);
  for (const [room, from] of [
    ['lobby', 'Ann'],
    ['open', 'Bob'],
  ]) {
    const { events } = (await (await fetch(`${url}/rooms/${room}/events`, { headers })).json()) as {
      events: { from: string }[];
    };
    t.is(events[0]?.from, from);
  }
});

test('who is there is said to who may see presence', async (t) => {
  const { url } = await startGuardedSite(t);
  const keys = async (...rights: string[]) => {
    const headers = bearer(await tokenWith({ rooms: { lobby: rights } }));
    return Object.keys((await (await fetch(`${url}/rooms/lobby`, { headers })).json()) as object);
  };
  t.deepEqual(await keys('read'), ['room', 'position']);
  t.deepEqual(await keys('read', 'presence'), ['room', 'position', 'members', 'count']);
});

test('a stream and a long poll end with their token', async (t) => {
  const { url } = await startGuardedSite(t);
  const token = await tokenWith({ exp: Math.floor(Date.now() / 1000) + 2, rooms: { lobby: ['read'] } });
  const stream = await startStream(t, `${url}/rooms/lobby/events?token=${token}`);
  const waiting = fetch(`${url}/rooms/lobby/events?wait=60`, { headers: bearer(token) });
  await stream.ended;
  t.regex(stream.raw(), /\nevent: token_expired\ndata: \{"type":"error","code":"token_expired",[^\n]*\}\n\n$/);
  const response = await waiting;
  t.is(response.status, 401);
  t.is(((await response.json()) as { code: string }).code, 'token_expired');
});

test('a page of another origin may send a token, and read why it was refused', async (t) => {
  const { url } = await startGuardedSite(t);
  const preflight = await fetch(`${url}/rooms/lobby/events`, {
    method: 'OPTIONS',
    headers: {
      Origin: 'https://a.example',
      'Access-Control-Request-Method': 'GET',
      'Access-Control-Request-Headers': 'authorization',
    },
  });
  t.is(preflight.status, 204);
  t.is(preflight.headers.get('access-control-allow-headers'), 'authorization');
  const refused = await fetch(`${url}/rooms/lobby/events`, { headers: { Origin: 'https://a.example' } });
  t.is(refused.status, 401);
  t.true(refused.headers.get('access-control-expose-headers')?.includes('WWW-Authenticate'));
});
