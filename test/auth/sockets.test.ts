import test, { type ExecutionContext } from 'ava';
import type { JWTPayload } from 'jose';
import { WebSocket } from 'ws';
import { room } from '../../src/index.ts';
import { RoomError } from '../../src/rooms/room-error.ts';
import { connect } from '../helpers/client.ts';
import { startGuardedSite } from '../helpers/guarded-site.ts';
import { speak } from '../helpers/rooms.ts';
import { startServer, until } from '../helpers/server.ts';
import { secret, tokenWith } from '../helpers/tokens.ts';

const inOneSecond = () => Math.floor(Date.now() / 1000) + 2;

/** The HTTP answer to a handshake that is refused. */
function refusal(url: string, options = {}): Promise<{ status: number | undefined; challenge: string | undefined }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, options);
    socket.on('unexpected-response', (request, { statusCode, headers }) => {
      resolve({ status: statusCode, challenge: headers['www-authenticate'] });
      request.destroy();
    });
    socket.on('open', () => reject(new Error('it was let in')));
    socket.on('error', () => {});
  });
}

async function publish(t: ExecutionContext, url: string, key: string) {
  const client = await speak(t, url);
  await client.nextOf('welcome');
  client.say({ type: 'publish', text: 'hello', key });
  return client;
}

test('a room asks for a token before the upgrade, and paths beside rooms do not', async (t) => {
  const { ws } = await startGuardedSite(t);
  t.deepEqual(await refusal(`${ws}/rooms/lobby`), { status: 401, challenge: 'Bearer realm="text-event-server"' });
  const client = await connect(t, `${ws}/echo`);
  client.send('x');
  t.is(await client.next(), 'x');
});

for (const [where, call] of [
  [
    'in the header',
    (url: string, token: string) => ({ url, headers: { Authorization: `Bearer ${token}` }, offer: [] }),
  ],
  ['as a subprotocol', (url: string, token: string) => ({ url, headers: {}, offer: [`text-event.token.${token}`] })],
  ['in the query', (url: string, token: string) => ({ url: `${url}?token=${token}`, headers: {}, offer: [] })],
] as const) {
  test(`a token ${where} lets in under its name, and is not sent back`, async (t) => {
    const { ws } = await startGuardedSite(t);
    const token = await tokenWith({ rooms: { lobby: ['read'] } });
    const { url, headers, offer } = call(`${ws}/rooms/lobby`, token);
    const client = await connect(t, url, { headers }, ['text-event.v1.json', ...offer]);
    t.is(client.socket.protocol, 'text-event.v1.json');
    t.like(JSON.parse(await client.next()), { type: 'welcome', name: 'Ann' });
  });
}

test('the name of the token is used, whatever the query asks for', async (t) => {
  const { ws } = await startGuardedSite(t);
  const token = await tokenWith({ rooms: { '*': ['read', 'publish'] } });
  const client = await publish(t, `${ws}/rooms/lobby?name=Bob&token=${token}`, 'k');
  t.is((await client.nextOf('event')).from, 'Ann');
});

test('rights are those of the patterns that match the room', async (t) => {
  const { ws } = await startGuardedSite(t);
  const token = await tokenWith({ rooms: { 'team-*': ['read'], 'team-a': ['publish'] } });
  t.deepEqual(await refusal(`${ws}/rooms/lobby?token=${token}`), {
    status: 403,
    challenge: 'Bearer realm="text-event-server", error="insufficient_scope"',
  });
  const reader = await publish(t, `${ws}/rooms/team-b?token=${token}`, 'k');
  t.deepEqual(await reader.nextOf('error'), {
    type: 'error',
    code: 'forbidden',
    message: 'the token gives no right "publish" here',
    retryable: false,
    key: 'k',
  });
  const writer = await publish(t, `${ws}/rooms/team-a?token=${token}`, 'k');
  t.is((await writer.nextOf('event')).text, 'hello');
});

test('a refused publication is answered in its turn', async (t) => {
  const { ws, rooms } = await startGuardedSite(t);
  const client = await speak(
    t,
    `${ws}/rooms/lobby?token=${await tokenWith({ rooms: { lobby: ['read', 'publish'] } })}`,
  );
  await client.nextOf('welcome');
  const publishing = rooms.publish.bind(rooms);
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  rooms.publish = (...args) => gate.then(() => publishing(...args));
  client.say({ type: 'publish', text: '1', key: '1' });
  client.say({ type: 'auth', token: await tokenWith({ rooms: { lobby: ['read'] } }) });
  await client.nextOf('renewed');
  client.say({ type: 'publish', text: '2', key: '2' });
  client.say({ type: 'ping' });
  await client.nextOf('pong');
  release();
  const answers = [await client.next(), await client.next(), await client.next()].map((text) => JSON.parse(text));
  const about = answers.filter(({ type }) => type !== 'event').map(({ type, key }) => [type, key]);
  t.deepEqual(about, [
    ['ack', '1'],
    ['error', '2'],
  ]);
});

test('in bare text who may not publish is closed with 1008', async (t) => {
  const { ws } = await startGuardedSite(t);
  const client = await connect(t, `${ws}/rooms/lobby?token=${await tokenWith({ rooms: { lobby: ['read'] } })}`);
  client.send('hello');
  t.deepEqual(await client.closed, { code: 1008, reason: 'the token gives no right "publish" here' });
});

test('who may not see presence knows itself and nobody else', async (t) => {
  const { ws } = await startGuardedSite(t);
  const url = async (sub: string, ...rights: string[]) =>
    `${ws}/rooms/lobby?token=${await tokenWith({ sub, rooms: { lobby: ['read', ...rights] } })}`;
  const seeing = await speak(t, await url('Ann', 'presence'));
  await seeing.nextOf('welcome');
  const blind = await speak(t, await url('Bob'));
  t.deepEqual((await blind.nextOf('welcome')).members, ['Bob']);
  t.deepEqual(JSON.parse(await seeing.next()), { type: 'join', name: 'Bob' });
  seeing.socket.terminate();
  const third = await speak(t, await url('Cid', 'presence'));
  t.deepEqual((await third.nextOf('welcome')).members, ['Bob', 'Cid']);
  blind.say({ type: 'ping' });
  await blind.nextOf('pong');
});

test('anonymous access is a matter of path and room', async (t) => {
  const { ws } = await startGuardedSite(t, { secret, anonymous: '/chat /rooms/lobby=read /rooms/open-*=read,publish' });
  t.is((await refusal(`${ws}/echo`)).status, 401);
  t.is((await refusal(`${ws}/rooms/other`)).status, 401);
  await connect(t, `${ws}/chat`);
  await connect(t, `${ws}/echo?token=${await tokenWith()}`);
  const reader = await publish(t, `${ws}/rooms/lobby?name=Bob`, 'k');
  t.like(await reader.nextOf('error'), { code: 'unauthorized', key: 'k' });
  const writer = await publish(t, `${ws}/rooms/open-1?name=Bob`, 'k');
  t.is((await writer.nextOf('event')).from, 'Bob');
});

test('a token has what is open to everybody, too', async (t) => {
  const { ws } = await startGuardedSite(t, { secret, anonymous: '/rooms/lobby=read,publish' });
  const client = await publish(t, `${ws}/rooms/lobby?token=${await tokenWith()}`, 'k');
  t.is((await client.nextOf('event')).from, 'Ann');
});

test('a socket whose token has expired is told so and closed with 4401', async (t) => {
  const { ws } = await startGuardedSite(t);
  const token = await tokenWith({ exp: inOneSecond(), rooms: { lobby: ['read', 'publish'] } });
  const json = await speak(t, `${ws}/rooms/lobby?token=${token}`);
  const bare = await connect(t, `${ws}/rooms/lobby?token=${token}`);
  const beside = await connect(t, `${ws}/echo?token=${token}`);
  await json.nextOf('welcome');
  for (const { closed } of [json, bare, beside]) t.deepEqual(await closed, { code: 4401, reason: 'token expired' });
  const messages = json.pending.map((message) => JSON.parse(message));
  t.like(messages.at(-1), { type: 'error', code: 'token_expired', retryable: false });
  t.is((await refusal(`${ws}/rooms/lobby?token=${token}`)).status, 401);
});

test('a token that is renewed in time keeps its socket', async (t) => {
  const { ws } = await startGuardedSite(t);
  const exp = inOneSecond();
  const first = await tokenWith({ exp, rooms: { lobby: ['read'] } });
  const client = await speak(t, `${ws}/rooms/lobby?token=${first}`);
  await client.nextOf('welcome');
  const later = exp + 3600;
  client.say({ type: 'auth', token: await tokenWith({ exp: later, rooms: { lobby: ['read', 'publish'] } }) });
  t.deepEqual(await client.nextOf('renewed'), { type: 'renewed', expires: new Date(later * 1000).toISOString() });
  await until(() => Date.now() > exp * 1000 + 100);
  client.say({ type: 'publish', text: 'still here' });
  t.is((await client.nextOf('event')).text, 'still here');
});

test('a token that cannot take the place of another leaves it as it was', async (t) => {
  const { ws } = await startGuardedSite(t);
  const client = await speak(
    t,
    `${ws}/rooms/lobby?token=${await tokenWith({ rooms: { lobby: ['read', 'publish'] } })}`,
  );
  await client.nextOf('welcome');
  for (const [claims, code] of [
    [{ sub: 'Bob', rooms: { lobby: ['read'] } }, 'forbidden'],
    [{ rooms: { other: ['read'] } }, 'forbidden'],
    [{ exp: 1, rooms: { lobby: ['read'] } }, 'token_expired'],
    [{ rooms: { lobby: 'read' } }, 'unauthorized'],
  ] as const) {
    client.say({ type: 'auth', token: await tokenWith(claims as JWTPayload) });
    t.is((await client.nextOf('error')).code, code);
  }
  client.say({ type: 'auth' });
  t.is((await client.nextOf('error')).code, 'bad_message');
  client.say({ type: 'publish', text: 'hello' });
  t.is((await client.nextOf('event')).text, 'hello');
});

test('a server without tokens takes none', async (t) => {
  const { ws } = await startGuardedSite(t, {});
  const client = await publish(t, `${ws}/rooms/lobby?name=Bob&token=whatever`, 'k');
  t.is((await client.nextOf('event')).from, 'Bob');
  await client.nextOf('ack');
  client.say({ type: 'auth', token: await tokenWith() });
  t.like(await client.nextOf('error'), { code: 'unauthorized', message: 'this server takes no tokens' });
});

test('a room asks its visitor itself, also at a server that authorises nobody', async (t) => {
  const problem = () => new RoomError('forbidden', 'not here');
  const visitor = { name: undefined, expires: undefined, problem, renew: async () => new Date(0) };
  const { url } = await startServer(t, { routes: { '/rooms/:room': room({ visitorOf: () => visitor }) } });
  const client = await connect(t, `${url}/rooms/lobby`);
  t.deepEqual(await client.closed, { code: 1008, reason: 'not here' });
  t.deepEqual(client.pending, []);
});
