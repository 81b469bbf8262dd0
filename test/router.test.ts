import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { WebSocket } from 'ws';
import { type Connection, createServer, type Refusal, type Routes } from '../src/index.ts';
import { connect } from './helpers/client.ts';
import { head, RawClient, startServer } from './helpers/server.ts';

/** Says which route it is. */
const says = (name: string) => (connection: Connection) => {
  connection.sendText(name);
};

/** The status line and the body of the answer to an upgrade of `target`. */
async function answer(t: ExecutionContext, port: number, target: string, fields = {}): Promise<[string, string]> {
  const client = new RawClient(t, port);
  client.write(head(fields, `GET ${target} HTTP/1.1`));
  await client.ended;
  const [lines = '', body = ''] = client.received.toString().split('\r\n\r\n');
  return [lines.split('\r\n', 1)[0] ?? '', body];
}

test('a pattern matches one segment that is not empty, and an exact path comes before it', async (t) => {
  const routes = {
    '/rooms/lobby': says('lobby'),
    '/rooms/:room': says('a room'),
    '/:page': says('a page'),
    '/': says('root'),
  };
  const { url, port } = await startServer(t, { routes });
  for (const [target, name] of [
    ['/rooms/lobby', 'lobby'],
    ['/rooms/lobby?name=a/b', 'lobby'],
    ['/rooms/other', 'a room'],
    ['/rooms/:room', 'a room'],
    ['/rooms/%E6%9D%8E%2F?after=1', 'a room'],
    ['/rooms', 'a page'],
    ['/', 'root'],
  ] as const) {
    t.is(await (await connect(t, url + target)).next(), name, target);
  }
  for (const target of ['/rooms/', '/rooms/a/', '/rooms/a/b', '//', '/x/y']) {
    t.deepEqual(await answer(t, port, target), ['HTTP/1.1 404 Not Found', `there is nothing at ${target}\n`]);
  }
});

for (const [name, routes, says] of [
  ['a name in the middle', { '/:room/log': () => {} }, /"\/:room\/log": only the last segment may be :name/],
  ['two names', { '/:room/:line': () => {} }, /only the last segment may be :name/],
  ['two patterns for the same paths', { '/a/:b': () => {}, '/a/:c': () => {} }, /"\/a\/:c": another route matches/],
  ['what is no handler', { '/a': 'echo' }, /"\/a": expected a handler or \{ handler \}/],
  ['nothing', { '/a': undefined }, /"\/a": expected a handler or \{ handler \}/],
] as const) {
  test(`routes with ${name} are a TypeError`, (t) => {
    t.throws(() => createServer({ routes: routes as unknown as Routes }), { instanceOf: TypeError, message: says });
  });
}

test('refuse: a route answers over HTTP what is wrong with a request, after path, handshake and origin', async (t) => {
  const asked: (string | undefined)[] = [];
  const refuse = ({ url }: { url?: string | undefined }): Refusal | undefined => {
    asked.push(url);
    return url?.includes('name=')
      ? undefined
      : { status: 400, reason: 'name: got nothing, expected 1 to 32 characters' };
  };
  const routes = { '/chat': { handler: says('in'), refuse }, '/:other': says('other') };
  const { server, url, port } = await startServer(t, { routes, allowedOrigins: ['https://good.example'] });
  const refused = once(server, 'refused');
  t.deepEqual(await answer(t, port, '/chat'), [
    'HTTP/1.1 400 Bad Request',
    'name: got nothing, expected 1 to 32 characters\n',
  ]);
  t.is((await refused)[0].status, 400);
  t.regex((await answer(t, port, '/chat', { Origin: 'https://evil.example' }))[0], /403/);
  t.regex((await answer(t, port, '/chat', { 'Sec-WebSocket-Key': undefined }))[0], /400/);
  t.is(await (await connect(t, `${url}/chat?name=a`)).next(), 'in');
  t.is(await (await connect(t, `${url}/elsewhere`)).next(), 'other');
  t.deepEqual(asked, ['/chat', '/chat?name=a']);
});

for (const [name, refuse] of [
  [
    'throws',
    () => {
      throw new Error('secret');
    },
  ],
  ['gives a promise', async () => undefined],
  ['gives a promise that is rejected', () => Promise.reject(new Error('secret'))],
  ['gives a refusal without a reason', () => ({ status: 400 })],
  ['gives null', () => null],
] as const) {
  test(`refuse: one that ${name} is answered 500 and told to authorizeError, not to the client`, async (t) => {
    const route = { handler: says('in'), refuse } as unknown as Routes[string];
    const { server, port } = await startServer(t, { routes: { '/': route } });
    const told = once(server, 'authorizeError');
    t.deepEqual(await answer(t, port, '/'), [
      'HTTP/1.1 500 Internal Server Error',
      'the request could not be judged\n',
    ]);
    t.is((await told)[1].url, '/');
    t.is(server.connections.length, 0);
  });
}

test('protocols: a path speaks its own before those of the server, and no other path does', async (t) => {
  const routes = { '/rooms/:room': { handler: says('room'), protocols: ['json.v2', 'json.v1'] }, '/': says('root') };
  const { url, server } = await startServer(t, { routes, validProtocols: ['plain'] });
  const chosen = async (path: string, ...offered: string[]) => {
    const socket = new WebSocket(url + path, offered);
    t.teardown(() => socket.terminate());
    // A client that offered some and is given none fails by itself.
    const [protocol] = await Promise.race([
      once(server, 'connection').then(([connection]) => [connection.protocol]),
      once(socket, 'error'),
    ]);
    socket.on('error', () => {});
    return protocol;
  };
  t.is(await chosen('/rooms/a', 'other', 'json.v1', 'json.v2'), 'json.v1');
  t.is(await chosen('/rooms/a?after=1', 'plain', 'json.v2'), 'json.v2');
  t.is(await chosen('/rooms/a', 'plain'), 'plain');
  t.is(await chosen('/', 'json.v1', 'plain'), 'plain');
  t.is(await chosen('/', 'json.v1'), undefined);
});
