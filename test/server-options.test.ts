import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { type ClientOptions, WebSocket } from 'ws';
import {
  type Authorization,
  type Connection,
  createServer,
  connect as ourConnect,
  type Refusal,
  type Server,
} from '../src/index.ts';
import { continuation, text } from './helpers/bytes.ts';
import { makeCertificate } from './helpers/certificate.ts';
import { connect } from './helpers/client.ts';
import { head, RawClient, startServer, until } from './helpers/server.ts';

const echo = (connection: Connection) => {
  connection.on('text', (message) => connection.sendText(message));
};

interface Answer {
  status: number | undefined;
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** What a client (`ws`) that is not let in is answered. */
async function refused(url: string, options: ClientOptions = {}): Promise<Answer> {
  const socket = new WebSocket(url, options);
  socket.on('error', () => {});
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  let body = '';
  for await (const piece of response.setEncoding('utf8')) body += piece;
  return { status: response.statusCode, headers: response.headers, body };
}

/** An HTTP server with a page of its own on a free port; it ends with the test. */
async function startHttp(t: ExecutionContext, server: http.Server | https.Server = http.createServer()) {
  server.on('request', (_request, response) => response.end('a page of its own'));
  server.listen(0, '127.0.0.1');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { http: server, port, page: `http://127.0.0.1:${port}/`, url: `ws://127.0.0.1:${port}` };
}

/** One of ours that listens nowhere by itself; it ends with the test. */
function startWithout(t: ExecutionContext, options: Parameters<typeof createServer>[0], handler = echo): Server {
  const server = createServer({ ...options }, handler);
  t.teardown(() => server.terminate());
  return server;
}

const pageOf = async (url: string) => (await fetch(url, { headers: { Connection: 'close' } })).text();

// secure

test('secure: wss through our client and through another', async (t) => {
  const certificate = makeCertificate(t);
  if (!certificate) return;
  const { key, cert } = certificate;
  const { port } = await startServer(t, { secure: true, key, cert }, echo);
  const other = await connect(t, `wss://localhost:${port}/`, { ca: cert });
  other.send('through ws');
  t.is(await other.next(), 'through ws');

  const ours = ourConnect(`wss://localhost:${port}/`, { ca: cert }, function () {
    this.sendText('through ours');
  });
  t.teardown(() => ours.terminate());
  t.deepEqual(await once(ours, 'text'), ['through ours']);
});

test('secure: a certificate that the client does not know is refused by it, and the server stays', async (t) => {
  const certificate = makeCertificate(t);
  if (!certificate) return;
  const { key, cert } = certificate;
  const { port } = await startServer(t, { secure: true, key, cert }, echo);
  const [error] = await once(ourConnect(`wss://localhost:${port}/`, {}), 'error').catch((reason) => [reason]);
  t.is((error as NodeJS.ErrnoException).code, 'DEPTH_ZERO_SELF_SIGNED_CERT');
  const client = await connect(t, `wss://localhost:${port}/`, { ca: cert });
  client.send('still here');
  t.is(await client.next(), 'still here');
});

test('secure: a client without TLS ends alone', async (t) => {
  const certificate = makeCertificate(t);
  if (!certificate) return;
  const { key, cert } = certificate;
  const { port } = await startServer(t, { secure: true, key, cert }, echo);
  const plain = new RawClient(t, port);
  plain.write(head());
  await plain.ended;
  t.notRegex(plain.received.toString('latin1'), /101 Switching/);
  await connect(t, `wss://localhost:${port}/`, { ca: cert });
});

// Subprotocols

test('selectProtocol may choose none: the connection has no subprotocol', async (t) => {
  const { server, port } = await startServer(t, { selectProtocol: () => undefined });
  const client = new RawClient(t, port);
  client.write(head({ 'Sec-WebSocket-Protocol': 'a, b' }));
  t.notRegex(String(await client.until('\r\n\r\n')), /Sec-WebSocket-Protocol/i);
  t.is(server.connections[0]?.protocol, undefined);
  t.deepEqual(server.connections[0]?.protocols, ['a', 'b']);
});

test('selectProtocol comes before validProtocols', async (t) => {
  const options = { validProtocols: ['a'], selectProtocol: () => 'b' };
  const { url } = await startServer(t, options);
  const client = new WebSocket(url, ['a', 'b']);
  t.teardown(() => client.terminate());
  await once(client, 'open');
  t.is(client.protocol, 'b');
});

test('selectProtocol that throws is answered 500, and the server stays', async (t) => {
  const { server, url } = await startServer(t, {
    selectProtocol: () => {
      throw new Error('no');
    },
  });
  server.on('handlerError', () => {});
  const client = new WebSocket(url, ['a']);
  client.on('error', () => {});
  const [, response] = await once(client, 'unexpected-response');
  t.is(response.statusCode, 500);
  response.destroy();
  await connect(t, url);
});

// An HTTP server that is there already

test('server: takes the upgrades of an HTTP server and leaves its pages alone', async (t) => {
  const { http, page, url } = await startHttp(t);
  const server = startWithout(t, { server: http });
  t.is(server.socket, http);
  const client = await connect(t, url);
  client.send('beside the page');
  t.is(await client.next(), 'beside the page');
  t.is(await pageOf(page), 'a page of its own');
});

test('server: may be an HTTPS server', async (t) => {
  const certificate = makeCertificate(t);
  if (!certificate) return;
  const { http, port } = await startHttp(t, https.createServer({ key: certificate.key, cert: certificate.cert }));
  startWithout(t, { server: http });
  const client = await connect(t, `wss://localhost:${port}/`, { ca: certificate.cert });
  client.send('over TLS');
  t.is(await client.next(), 'over TLS');
});

test('server: closing ours keeps the HTTP server, and close comes when the last connection has left', async (t) => {
  const { http, page, url } = await startHttp(t);
  const server = startWithout(t, { server: http });
  const client = await connect(t, url);
  const closed = new Promise<void>((resolve) => server.close(resolve));
  client.send('still here');
  t.is(await client.next(), 'still here');
  client.socket.close();
  await closed;
  t.true(http.listening);
  t.is(await pageOf(page), 'a page of its own');
  // Nobody listens to upgrades any more, so Node hands the request to the pages.
  t.is((await refused(url)).body, 'a page of its own');
});

test('server: shutdown and terminate end the connections and no request', async (t) => {
  const { http, port, page, url } = await startHttp(t);
  http.removeAllListeners('request');
  http.on('request', (_request, response) => setTimeout(() => response.end('slow'), 300));
  const server = startWithout(t, { server: http });
  const pending = pageOf(page);
  const client = await connect(t, url);
  const deaf = await new RawClient(t, port).open();
  await server.shutdown(100);
  t.is((await client.closed).code, 1012);
  await deaf.ended;
  t.is(await pending, 'slow');
});

test('server: one for two of ours is not supported: each answers for the path of the other', async (t) => {
  const { http, port } = await startHttp(t);
  startWithout(t, { server: http, path: '/a' });
  startWithout(t, { server: http, path: '/b' });
  const first = new RawClient(t, port);
  first.write(head({}, 'GET /a HTTP/1.1'));
  await first.ended;
  t.regex(first.received.toString(), /^HTTP\/1\.1 101 [\s\S]*HTTP\/1\.1 404 [\s\S]*nothing at \/a\n$/);
  const second = new RawClient(t, port);
  second.write(head({}, 'GET /b HTTP/1.1'));
  await second.ended;
  t.regex(second.received.toString(), /^HTTP\/1\.1 404 [\s\S]*nothing at \/b\n$/);
});

// noServer

test('noServer: takes nothing by itself, and what is handed to handleUpgrade', async (t) => {
  const { http, url } = await startHttp(t);
  const events: string[] = [];
  const chat = startWithout(t, { noServer: true }, (connection) => {
    events.push('event');
    echo(connection);
  });
  const feed = startWithout(t, { noServer: true });
  http.on('upgrade', (request, socket, head) => {
    if (request.url === '/chat') chat.handleUpgrade(request, socket, head);
    else {
      feed.handleUpgrade(request, socket, head, (connection, { url }) => {
        events.push('callback');
        connection.sendText(`you asked for ${url}`);
      });
    }
  });
  const chatting = await connect(t, `${url}/chat`);
  chatting.send('to the first');
  t.is(await chatting.next(), 'to the first');
  const fed = await connect(t, `${url}/feed`);
  t.is(await fed.next(), 'you asked for /feed');
  // The callback is called in place of the event.
  t.deepEqual(events, ['event', 'callback']);
  t.deepEqual([chat.connections.length, feed.connections.length], [1, 1]);
});

test('noServer: a close waits for its connections, and nobody is let in after it', async (t) => {
  const { http, url } = await startHttp(t);
  const server = startWithout(t, { noServer: true });
  http.on('upgrade', (request, socket, head) => server.handleUpgrade(request, socket, head));
  const client = await connect(t, url);
  let ended = false;
  const closed = new Promise<void>((resolve) => server.close(resolve)).then(() => {
    ended = true;
  });
  const { status, headers } = await refused(url);
  t.deepEqual([status, headers['retry-after']], [503, '5']);
  t.false(ended);
  client.socket.close();
  await closed;
  t.true(http.listening);
});

test('noServer: shutdown closes with 1012', async (t) => {
  const { http, url } = await startHttp(t);
  const server = startWithout(t, { noServer: true });
  http.on('upgrade', (request, socket, head) => server.handleUpgrade(request, socket, head));
  const client = await connect(t, url);
  await server.shutdown(1000);
  t.is((await client.closed).code, 1012);
});

// path and backlog

test('path: one is let in, with any query; others are answered 404', async (t) => {
  const { server, url } = await startServer(t, { path: '/only' }, echo);
  const refusals: Refusal[] = [];
  server.on('refused', (refusal) => refusals.push(refusal));
  const client = await connect(t, `${url}/only?name=a`);
  client.send('in');
  t.is(await client.next(), 'in');
  for (const path of ['/', '/only/', '/onlyone']) {
    const { status, body } = await refused(url + path);
    t.deepEqual([status, body], [404, `there is nothing at ${path}\n`]);
  }
  t.deepEqual(
    refusals.map(({ status }) => status),
    [404, 404, 404],
  );
});

test('backlog is handed to the operating system', async (t) => {
  const server = createServer({ backlog: 1 });
  t.teardown(() => server.close());
  const given: unknown[] = [];
  const { listen } = server.socket;
  server.socket.listen = function (this: http.Server, ...args: unknown[]) {
    given.push(...args);
    return Reflect.apply(listen, this, args);
  } as typeof listen;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.deepEqual(given, [{ port: 0, host: '127.0.0.1', backlog: 1 }]);
});

// authorize

for (const [name, say] of [
  ['at once', (verdict: Authorization) => verdict],
  ['later', async (verdict: Authorization) => verdict],
] as const) {
  test(`authorize: says ${name} who may come in, and why not`, async (t) => {
    const refusal = { status: 402, reason: 'pay first', headers: { 'X-Price': '5', 'Set-Cookie': 'seen=1' } };
    const verdicts: Record<string, Authorization> = { good: true, unknown: false, poor: refusal };
    const { server, url } = await startServer(
      t,
      { authorize: ({ headers }) => say(verdicts[String(headers.authorization)] ?? false) },
      echo,
    );
    const client = await connect(t, url, { headers: { Authorization: 'good' } });
    client.send('in');
    t.is(await client.next(), 'in');
    const unknown = await refused(url, { headers: { Authorization: 'unknown' } });
    t.deepEqual([unknown.status, unknown.body], [401, 'not authorised\n']);
    const poor = await refused(url, { headers: { Authorization: 'poor' } });
    t.deepEqual([poor.status, poor.body, poor.headers['x-price']], [402, 'pay first\n', '5']);
    t.deepEqual(poor.headers['set-cookie'], ['seen=1']);
    t.is(server.connections.length, 1);
  });
}

for (const [name, fail] of [
  [
    'throws',
    () => {
      throw new Error('secret');
    },
  ],
  ['rejects', () => Promise.reject(new Error('secret'))],
] as const) {
  test(`authorize: one that ${name} is answered 500 and told to authorizeError, not to the client`, async (t) => {
    const { server, url } = await startServer(t, { authorize: fail });
    const told = once(server, 'authorizeError');
    const { status, body } = await refused(url);
    t.deepEqual([status, body], [500, 'the authorisation failed\n']);
    const [error, request] = await told;
    t.is(error.message, 'secret');
    t.is(request.url, '/');
  });
}

for (const verdict of [null, {}, { status: 402 }]) {
  test(`authorize: one that says ${JSON.stringify(verdict)} lets nobody in: 500`, async (t) => {
    const { server, url } = await startServer(t, { authorize: () => verdict as Authorization });
    const told = once(server, 'authorizeError');
    t.is((await refused(url)).status, 500);
    t.regex((await told)[0].message, /expected a refusal/);
    t.is(server.connections.length, 0);
  });
}

test('authorize: one that is too late is answered 503, whatever it says then', async (t) => {
  let allow = () => {};
  const verdict = new Promise<boolean>((resolve) => {
    allow = () => resolve(true);
  });
  // As short as a busy machine reads a request in.
  const { server, url } = await startServer(t, { handshakeTimeout: 2_000, authorize: () => verdict });
  t.is((await refused(url)).status, 503);
  allow();
  await verdict;
  await turn();
  t.is(server.connections.length, 0);
});

test('authorize: a client that is gone meanwhile is not let in, and its place is free', async (t) => {
  let verdict = (_: boolean) => {};
  let asked = 0;
  const { server, port, url } = await startServer(t, {
    maxConnections: 1,
    authorize: () => {
      asked++;
      return new Promise<boolean>((resolve) => {
        verdict = resolve;
      });
    },
  });
  const seen: unknown[] = [];
  server.on('connection', (connection) => seen.push(connection));
  let lost = false;
  server.socket.on('connection', (socket) => socket.on('close', () => (lost = true)));
  const gone = new RawClient(t, port);
  gone.write(head());
  await until(() => asked === 1);
  gone.socket.resetAndDestroy();
  await until(() => lost);
  // The place is taken for as long as the answer is waited for.
  t.is((await refused(url)).status, 503);
  verdict(true);
  const client = connect(t, url);
  await until(() => asked === 2);
  t.deepEqual(seen, []);
  verdict(true);
  await client;
  t.is(server.connections.length, 1);
});

test('authorize: who is let in after a close is refused with 503', async (t) => {
  let verdict = (_: boolean) => {};
  const { server, url } = await startServer(t, {
    authorize: () =>
      new Promise<boolean>((resolve) => {
        verdict = resolve;
        server.close();
      }),
  });
  const answer = refused(url);
  await until(() => !server.socket.listening);
  verdict(true);
  t.is((await answer).status, 503);
  t.is(server.connections.length, 0);
});

// Limits before the upgrade

for (const [option, status, reason] of [
  ['maxConnections', 503, '2 connections, the limit is 2\n'],
  ['maxConnectionsPerIp', 429, '2 connections from 127.0.0.1, the limit is 2\n'],
] as const) {
  test(`${option}: over it ${status} with Retry-After, and a place is free when one leaves`, async (t) => {
    const { url } = await startServer(t, { [option]: 2 }, echo);
    const [first] = await Promise.all([connect(t, url), connect(t, url)]);
    const answer = await refused(url);
    t.deepEqual([answer.status, answer.headers['retry-after'], answer.body], [status, '5', reason]);
    first.socket.terminate();
    let third: WebSocket | undefined;
    while (third === undefined) {
      const socket = new WebSocket(url);
      t.teardown(() => socket.terminate());
      third = await once(socket, 'open').then(
        () => socket,
        () => undefined,
      );
    }
    third.send('in');
    t.is(String((await once(third, 'message'))[0]), 'in');
    t.is((await refused(url)).status, status);
  });
}

test('maxConnectionsPerIp: counts each address by itself, and a refusal does not count', async (t) => {
  const { url } = await startServer(t, { maxConnectionsPerIp: 1, path: '/' }, echo);
  for (const path of ['/nowhere', '/nowhere']) t.is((await refused(url + path)).status, 404);
  await connect(t, url);
  await connect(t, url, { localAddress: '127.0.0.2' });
  t.is((await refused(url, { localAddress: '127.0.0.2' })).status, 429);
});

test('maxHeaderBytes: over it 431, under it let in', async (t) => {
  const { port } = await startServer(t, { maxHeaderBytes: 2048 });
  for (const [bytes, status] of [
    [1000, '101 Switching Protocols'],
    [3000, '431 Request Header Fields Too Large'],
  ] as const) {
    const client = new RawClient(t, port);
    client.write(head({ 'X-Long': 'x'.repeat(bytes) }));
    t.true(String(await client.until('\r\n\r\n')).startsWith(`HTTP/1.1 ${status}\r\n`));
  }
});

// Limits of a connection

test('maxFragments: a message of as many frames is taken, one more is 1009', async (t) => {
  const { port } = await startServer(t, { maxFragments: 3 }, echo);
  const client = await new RawClient(t, port).open();
  const open = { fin: false };
  client.write(Buffer.concat([text('a', open), continuation('b', open), continuation('c')]));
  await client.until('abc');
  client.received = Buffer.alloc(0);
  client.write(Buffer.concat([text('a', open), continuation('b', open), continuation('c', open), continuation('d')]));
  await client.ended;
  t.is(client.received.readUInt16BE(2), 1009);
});

for (const [name, options, bytes] of [
  ['maxPayload is maxMessageBytes', { maxPayload: 1000 }, 1000],
  ['maxMessageBytes comes before maxPayload', { maxPayload: 5000, maxMessageBytes: 1000 }, 1000],
] as const) {
  test(name, async (t) => {
    const { url } = await startServer(t, options, echo);
    const client = await connect(t, url);
    client.send('x'.repeat(bytes));
    t.is((await client.next()).length, bytes);
    client.send('x'.repeat(bytes + 1));
    t.is((await client.closed).code, 1009);
  });
}

test('maxPayload of 0 lifts the limit, as in ws', async (t) => {
  const { url } = await startServer(t, { maxPayload: 0 }, (connection) => {
    connection.on('text', (message) => connection.sendText(String(message.length)));
  });
  const client = await connect(t, url);
  client.send('x'.repeat(2_000_000));
  t.is(await client.next(), '2000000');
});

test('messagesPerSecond: over it reading pauses, and every message comes in its order', async (t) => {
  const begun = performance.now();
  const seen: number[] = [];
  const { server, url } = await startServer(t, { messagesPerSecond: 100 }, (connection) => {
    connection.on('text', (message) => seen.push(Number(message)));
  });
  const client = await connect(t, url);
  for (let i = 0; i < 600; i++) client.send(String(i));
  await until(() => seen.length === 600);
  client.send('600');
  await until(() => seen.length === 601);
  const inOrder = Array.from({ length: 601 }, (_, i) => i);
  t.deepEqual(seen, inOrder);
  // 500 may come at once, and the next 100 take a second.
  t.true(performance.now() - begun >= 950);
  t.is(server.connections.length, 1);
});

test('bytesPerSecond: over it reading pauses, and every byte comes', async (t) => {
  const begun = performance.now();
  const { server, url } = await startServer(t, { bytesPerSecond: 100_000 }, echo);
  const client = await connect(t, url);
  client.send('x'.repeat(600_000));
  t.is((await client.next()).length, 600_000);
  client.send('after');
  t.is(await client.next(), 'after');
  t.true(performance.now() - begun >= 950);
  t.is(server.connections.length, 1);
});

test('rateGrace: who goes on over the rate for longer is closed with 1008', async (t) => {
  const { url } = await startServer(t, { bytesPerSecond: 1000, rateGrace: 100 });
  const client = await connect(t, url);
  const flood = setInterval(() => client.send('x'.repeat(3000)), 20);
  t.teardown(() => clearInterval(flood));
  t.is((await client.closed).code, 1008);
});

test('message: texts and bytes as Buffers, in their order, beside text and binary', async (t) => {
  const seen: unknown[] = [];
  const { url } = await startServer(t, {}, (connection) => {
    connection.on('message', (data, isBinary) => seen.push([data, isBinary]));
    connection.on('text', (message) => seen.push(message));
  });
  const client = await connect(t, url);
  client.send('one');
  client.send(Buffer.from('two'));
  client.send(Buffer.alloc(0));
  client.send('');
  await until(() => seen.length === 6);
  t.deepEqual(
    seen.filter((each) => typeof each === 'object'),
    [
      [Buffer.from('one'), false],
      [Buffer.from('two'), true],
      [Buffer.alloc(0), true],
      [Buffer.alloc(0), false],
    ],
  );
});

test('a connection within its rates is not paused', async (t) => {
  const { server, url } = await startServer(t, { messagesPerSecond: 100 }, echo);
  const client = await connect(t, url);
  for (let i = 0; i < 400; i++) client.send('within');
  for (let i = 0; i < 400; i++) await client.next();
  t.false(server.connections[0]?.socket.isPaused());
});
