import test from 'ava';
import { WebSocket } from 'ws';
import { type ConnectionState, join, TextConnection } from '../../client/src/index.ts';
import { startGuardedSite } from '../helpers/guarded-site.ts';
import { until } from '../helpers/server.ts';
import { secret, tokenWith } from '../helpers/tokens.ts';

const soon = { shortest: 1, longest: 1 };
const rooms = { lobby: ['read', 'publish', 'presence'] };

/** Ends in so many seconds, or up to one less. */
const tokenFor = (seconds: number) => tokenWith({ rooms, exp: Math.floor(Date.now() / 1000) + seconds });

/** What connections were made with. */
function recorder() {
  const made: { address: string; protocols: string[] }[] = [];
  class Recorded extends WebSocket {
    constructor(address: string, protocols: string[] = []) {
      super(address, protocols);
      made.push({ address, protocols });
    }
  }
  return { WebSocket: Recorded, made };
}

test('a token goes as a subprotocol into a room, and not into the address', async (t) => {
  const { ws } = await startGuardedSite(t);
  const token = await tokenFor(100);
  const { made, WebSocket } = recorder();
  const room = join(`${ws}/`, 'lobby', { WebSocket, token });
  t.teardown(() => room.close());
  await room.publish('hello');
  t.is(room.name, 'Ann');
  t.deepEqual(made[0]?.protocols, ['text-event.v1.json', `text-event.token.${token}`]);
  t.false(made[0]?.address.includes(token));
});

test('in bare text it goes into the query, which keeps what it has', async (t) => {
  const { ws } = await startGuardedSite(t, { secret, anonymous: 'off' });
  const { made, WebSocket } = recorder();
  const token = await tokenFor(100);
  const connection = new TextConnection(`${ws}/echo?name=a`, { WebSocket, backoff: soon, token });
  t.teardown(() => connection.close());
  connection.connect();
  await until(() => connection.state.name === 'open');
  t.deepEqual(made, [{ address: `${ws}/echo?name=a&token=${token}`, protocols: [] }]);
});

test('a function is asked for each attempt, may take its time, and may fail', async (t) => {
  const { ws } = await startGuardedSite(t);
  const good = await tokenFor(100);
  let asked = 0;
  const token = async () => {
    asked += 1;
    if (asked === 1) throw new Error('no network');
    return asked === 2 ? `${good}x` : good;
  };
  const room = join(`${ws}/`, 'lobby', { WebSocket, backoff: soon, token });
  t.teardown(() => room.close());
  const states: ConnectionState[] = [];
  room.on('state', (state) => states.push(state));
  await until(() => room.state.name === 'open');
  t.deepEqual(
    states.map(({ name }) => name),
    ['connecting', 'waiting', 'connecting', 'waiting', 'connecting', 'open'],
  );
  t.like(states[1], { code: 1006, reason: 'no token: Error: no network' });
  t.is(asked, 3);
});

test('what is closed while a token is got stays closed', async (t) => {
  const { made, WebSocket } = recorder();
  let give = (_token: string) => {};
  const token = () => new Promise<string>((resolve) => (give = resolve));
  const connection = new TextConnection('ws://127.0.0.1:9/', { WebSocket, token });
  connection.connect();
  connection.close();
  give('x');
  await new Promise(setImmediate);
  t.is(connection.state.name, 'closed');
  t.deepEqual(made, []);
});

test('in a room another token takes the place of one that ends, on the same connection', async (t) => {
  const { ws } = await startGuardedSite(t);
  const given: string[] = [];
  const token = async () => {
    const next = await tokenFor(given.length === 0 ? 3 : 100);
    given.push(next);
    return next;
  };
  const { made, WebSocket } = recorder();
  const room = join(`${ws}/`, 'lobby', { WebSocket, token });
  t.teardown(() => room.close());
  const errors: unknown[] = [];
  room.on('error', (error) => errors.push(error));
  await room.publish('first');
  const end = Date.now() + 3_000;
  // Within these the first one ends.
  await until(() => Date.now() > end);
  await room.publish('second');
  t.is(made.length, 1);
  t.is(given.length, 2);
  t.deepEqual(errors, []);
});

test('where the token has ended, a function is asked for another, and a text is not tried again', async (t) => {
  const { ws } = await startGuardedSite(t, { secret, anonymous: 'off' });
  const first = await tokenFor(2);
  let asked = 0;
  const connection = new TextConnection(`${ws}/echo`, {
    WebSocket,
    backoff: soon,
    token: () => (asked++ === 0 ? first : tokenFor(100)),
  });
  const room = join(`${ws}/`, 'lobby', { WebSocket, backoff: soon, token: first });
  t.teardown(() => {
    connection.close();
    room.close();
  });
  const states: ConnectionState[] = [];
  connection.on('state', (state) => states.push(state));
  connection.connect();
  await until(() => states.filter(({ name }) => name === 'open').length === 2);
  t.like(
    states.find(({ name }) => name === 'waiting'),
    { code: 4401, reason: 'token expired' },
  );
  await until(() => room.state.name === 'closed');
  t.deepEqual(room.state, { name: 'closed', code: 4401, reason: 'token expired' });
});
