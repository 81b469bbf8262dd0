import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import theirs from 'nodejs-websocket';
import { WebSocket, WebSocketServer } from 'ws';
import type { Connection, ConnectionEvents, ConnectOptions, Server, ServerOptions } from '../src/index.ts';
import * as ours from '../src/index.ts';
import { continuation, text } from './helpers/bytes.ts';
import { makeCertificate } from './helpers/certificate.ts';
import { root } from './helpers/program.ts';
import { head, RawClient, until } from './helpers/server.ts';

type Library = typeof theirs;

const run = promisify(execFile);

const libraries = { 'nodejs-websocket': theirs, 'text-event-server': ours } as const;

type Run = (t: ExecutionContext, library: Library) => Promise<void>;

/** The same program, with the package and with ours in its place. */
function same(title: string, run: Run): void {
  for (const [name, library] of Object.entries(libraries)) test(`${name} ${title}`, (t) => run(t, library));
}

/** As `same`, for what is set for all connections at once: nothing else runs beside it. */
function sameAlone(title: string, run: Run): void {
  for (const [name, library] of Object.entries(libraries)) test.serial(`${name} ${title}`, (t) => run(t, library));
}

/** Where ours differs on purpose: what the package does, and what ours does. */
function differs(title: string, runs: { theirs: Run; ours: Run }): void {
  test(`on purpose: ${title}: nodejs-websocket`, (t) => runs.theirs(t, theirs));
  test(`on purpose: ${title}: text-event-server`, (t) => runs.ours(t, ours));
}

const portOf = (server: Server) => (server.socket.address() as AddressInfo).port;

async function start(t: ExecutionContext, library: Library, options: ServerOptions = {}) {
  const server = library.createServer(options).listen(0, '127.0.0.1');
  t.teardown(() => {
    server.close();
    for (const { socket } of [...server.connections]) socket.destroy();
  });
  // The package ends the process at an error that nobody listens to.
  server.on('connection', (connection) => connection.on('error', () => {}));
  await once(server, 'listening');
  return { server, port: portOf(server), url: `ws://127.0.0.1:${portOf(server)}` };
}

/** Both ends of one connection. */
async function pair(t: ExecutionContext, library: Library, connectOptions?: ConnectOptions, target = '/') {
  const started = await start(t, library, { validProtocols: ['b', 'c'] });
  const opened = once(started.server, 'connection');
  const client = library.connect(started.url + target, connectOptions);
  t.teardown(() => client.socket.destroy());
  client.on('error', () => {});
  await once(client, 'connect');
  const [connection] = (await opened) as [Connection];
  return { ...started, client, connection };
}

function next<E extends keyof ConnectionEvents>(connection: Connection, event: E): Promise<ConnectionEvents[E]> {
  return new Promise((resolve) => connection.once(event, (...args) => resolve(args)));
}

/** A whole binary message, as the README of the package reads it. */
function nextBinary(connection: Connection): Promise<string> {
  return new Promise((resolve) => {
    connection.once('binary', (stream) => {
      const pieces: Buffer[] = [];
      stream.on('readable', () => {
        const piece = stream.read();
        if (piece) pieces.push(piece);
      });
      stream.on('end', () => resolve(String(Buffer.concat(pieces))));
    });
  });
}

// createServer and connect

same('makes a server from nothing, from a callback, and from options and a callback', async (t, library) => {
  const seen: string[] = [];
  const see = (what: string) => () => {
    seen.push(what);
  };
  const servers = [
    library.createServer().on('connection', see('event')),
    library.createServer(see('callback')),
    library.createServer({}, see('options and callback')),
  ];
  for (const server of servers) {
    t.teardown(() => server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = library.connect(`ws://127.0.0.1:${portOf(server)}`);
    t.teardown(() => client.socket.destroy());
    await Promise.all([once(client, 'connect'), once(server, 'connection')]);
  }
  t.deepEqual(seen, ['event', 'callback', 'options and callback']);
});

same('speaks TLS with secure, and its client passes its options on', async (t, library) => {
  const certificate = makeCertificate(t);
  if (!certificate) return;
  const { server, port } = await start(t, library, { secure: true, key: certificate.key, cert: certificate.cert });
  server.on('connection', (connection) => connection.sendText('over TLS'));
  const client = library.connect(`wss://localhost:${port}/`, { ca: certificate.cert });
  t.teardown(() => client.socket.destroy());
  t.deepEqual(await next(client, 'text'), ['over TLS']);
  t.true('authorized' in client.socket && client.socket.authorized);
});

same('chooses by validProtocols what the client likes best', async (t, library) => {
  const { client, connection } = await pair(t, library, { protocols: ['a', 'c', 'b'] });
  t.deepEqual([client.protocol, connection.protocol], ['c', 'c']);
  t.deepEqual(
    [client.protocols, connection.protocols],
    [
      ['a', 'c', 'b'],
      ['a', 'c', 'b'],
    ],
  );
});

same('asks selectProtocol with the connection and the list of the client', async (t, library) => {
  const asked: unknown[] = [];
  const selectProtocol = ({ path, headers }: Connection, protocols: string[]) => {
    asked.push(path, headers['x-name'], [...protocols]);
    return protocols[1];
  };
  const { url } = await start(t, library, { selectProtocol });
  const client = library.connect(`${url}/where`, { protocols: ['x', 'y'], extraHeaders: { 'X-Name': 'who' } });
  t.teardown(() => client.socket.destroy());
  await once(client, 'connect');
  t.deepEqual(asked, ['/where', 'who', ['x', 'y']]);
  t.is(client.protocol, 'y');
});

same('has no protocol where the client offers none', async (t, library) => {
  const { client, connection } = await pair(t, library);
  t.deepEqual([client.protocols, client.protocol], [[], undefined]);
  t.deepEqual([connection.protocols, connection.protocol], [[], undefined]);
});

same('tells its client by error that no protocol was agreed on', async (t, library) => {
  const { url } = await start(t, library, { validProtocols: ['b'] });
  const client = library.connect(url, { protocols: ['x'] });
  const [error] = await next(client, 'error');
  t.is(error.message, 'Invalid handshake: no protocol was negotiated');
});

same('takes the callback of connect with and without options, and calls it on the connection', async (t, library) => {
  const { url } = await start(t, library);
  const calls: [unknown, Connection][] = [];
  await new Promise<void>((resolve) => {
    const plain = library.connect(url, function () {
      calls.push([this, plain]);
      const second = library.connect(url, {}, function () {
        calls.push([this, second]);
        const third = library.connect(url, null, function () {
          calls.push([this, third]);
          resolve();
        });
      });
    });
  });
  t.is(calls.length, 3);
  for (const [context, connection] of calls) t.is(context, connection);
  for (const [, { socket }] of calls) socket.destroy();
});

same('sends extraHeaders, and passes the options of net.connect on', async (t, library) => {
  const options = { extraHeaders: { 'X-My-Header': 'value' }, localAddress: '127.0.0.2' };
  const { connection } = await pair(t, library, options);
  t.is(connection.headers['x-my-header'], 'value');
  t.is(connection.socket.remoteAddress, '127.0.0.2');
});

same('throws for a URL that is not ws: or wss:', async (t, library) => {
  t.throws(() => library.connect('http://localhost'));
});

same('tells its client by error that nobody listens', async (t, library) => {
  const { server, url } = await start(t, library);
  server.close();
  await once(server, 'close');
  const [error] = await next(library.connect(url), 'error');
  t.is((error as NodeJS.ErrnoException).code, 'ECONNREFUSED');
});

test('text-event-server can be required by a CommonJS program, as nodejs-websocket is', async (t) => {
  const program = (name: string) => `
    const ws = require('${name}');
    const server = ws.createServer((conn) => conn.on('text', (str) => { conn.sendText(str.toUpperCase()); }));
    server.listen(0, () => {
      const client = ws.connect('ws://localhost:' + server.socket.address().port, () => client.sendText('hi'));
      client.on('text', (str) => { console.log(str); client.close(); server.close(); });
    });`;
  for (const name of Object.keys(libraries)) {
    const { stdout } = await run(process.execPath, ['-e', program(name)], { cwd: root });
    t.is(stdout, 'HI\n', name);
  }
});

// What is set for all connections

sameAlone('cuts binary streams into frames of setBinaryFragmentation', async (t, library) => {
  library.setBinaryFragmentation(10);
  t.teardown(() => library.setBinaryFragmentation(512 * 1024));
  const { server, port } = await start(t, library);
  const opened = once(server, 'connection');
  const peer = await new RawClient(t, port).open();
  const [connection] = (await opened) as [Connection];
  const stream = connection.beginBinary();
  for (const piece of ['abcde', 'fghij', 'klmno', 'pqrst', 'uvwxy']) stream?.write(piece);
  stream?.end();
  await peer.until('uvwxy');
  t.is(peer.received.toString('latin1'), '\x02\x0aabcdefghij\x00\x0aklmnopqrst\x80\x05uvwxy');
});

sameAlone('ends with 1009 what is longer than setMaxBufferLength', async (t, library) => {
  const { port } = await start(t, library);
  const peer = await new RawClient(t, port).open();
  library.setMaxBufferLength(100);
  t.teardown(() => library.setMaxBufferLength(1024 * 1024));
  // Not all of it: the package looks at what waits, not at what it has been told to expect.
  peer.write(text('x'.repeat(300)).subarray(0, 200));
  await peer.until(Buffer.from([0x03, 0xf1]));
  t.is(peer.received[0], 0x88);
});

// Server

same('listens on a port and a host, on a port alone, and on a port that is text', async (t, library) => {
  for (const listen of [
    (server: Server, called: () => void) => server.listen(0, '127.0.0.1', called),
    (server: Server, called: () => void) => server.listen(0, called),
    (server: Server, called: () => void) => server.listen('0', '127.0.0.1', called),
  ]) {
    const server = library.createServer();
    t.teardown(() => server.close());
    const events: string[] = [];
    server.on('listening', () => events.push('listening'));
    await new Promise<void>((resolve) => {
      t.is(
        listen(server, () => {
          events.push('callback');
          resolve();
        }),
        server,
      );
    });
    t.deepEqual(events, ['listening', 'callback']);
    t.true(portOf(server) > 0);
  }
});

same('emits error where the port is taken', async (t, library) => {
  const { port } = await start(t, library);
  const second = library.createServer();
  const failed = new Promise<NodeJS.ErrnoException>((resolve) => second.once('error', resolve));
  second.listen(port, '127.0.0.1');
  t.is((await failed).code, 'EADDRINUSE');
});

same('closes: nobody new, those who are there stay, and close comes when the last has left', async (t, library) => {
  const { server, url, client, connection } = await pair(t, library);
  const events: string[] = [];
  server.on('close', () => events.push('close'));
  const closed = new Promise<void>((resolve) => server.close(resolve));
  const [error] = await next(library.connect(url), 'error');
  t.is((error as NodeJS.ErrnoException).code, 'ECONNREFUSED');
  connection.sendText('still here');
  t.deepEqual(await next(client, 'text'), ['still here']);
  t.deepEqual(events, []);
  client.close();
  await closed;
  t.deepEqual(events, ['close']);
});

same('listens again after it was closed', async (t, library) => {
  const { server } = await start(t, library);
  server.close();
  await once(server, 'close');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = library.connect(`ws://127.0.0.1:${portOf(server)}`);
  t.teardown(() => client.socket.destroy());
  await once(client, 'connect');
  t.is(client.readyState, client.OPEN);
});

same('has the server that listens in socket', async (t, library) => {
  const { server } = await start(t, library);
  t.true(server.socket instanceof net.Server);
  t.true(server.socket.listening);
});

same('sends to all by a loop over connections, which is a live array', async (t, library) => {
  const { server, url, client, connection } = await pair(t, library);
  const { connections } = server;
  t.true(Array.isArray(connections));
  const second = library.connect(url);
  t.teardown(() => second.socket.destroy());
  await Promise.all([once(second, 'connect'), once(server, 'connection')]);
  const received = Promise.all([next(client, 'text'), next(second, 'text')]);
  for (const each of connections) each.sendText('to all');
  t.deepEqual(await received, [['to all'], ['to all']]);
  second.close();
  await until(() => connections.length === 1);
  t.deepEqual([...connections], [connection]);
});

// Connection

same('sends texts, in order, and calls back when they are written', async (t, library) => {
  const { client, connection } = await pair(t, library);
  const texts: string[] = [];
  connection.on('text', function (text) {
    t.is(this, connection);
    texts.push(text);
  });
  await new Promise<void>((resolve) => {
    for (const text of ['one', '', '李旺😀', 'x'.repeat(70_000)]) client.sendText(text);
    client.sendText('last', () => resolve());
  });
  await until(() => texts.length === 5);
  t.deepEqual(texts, ['one', '', '李旺😀', 'x'.repeat(70_000), 'last']);
});

same('sends binary messages whole, and calls back when they are written', async (t, library) => {
  const { client, connection } = await pair(t, library);
  for (const [from, to] of [
    [client, connection],
    [connection, client],
  ] as const) {
    const received = nextBinary(to);
    await new Promise<void>((resolve) => from.sendBinary(Buffer.from('some bytes'), () => resolve()));
    t.is(await received, 'some bytes');
  }
});

same('sends binary messages as streams', async (t, library) => {
  const { client, connection } = await pair(t, library);
  const received = nextBinary(connection);
  const stream = client.beginBinary();
  stream?.write('first ');
  stream?.write('second ');
  stream?.end('third');
  t.is(await received, 'first second third');
});

same('sends a string as text, a Buffer as binary, and throws for anything else', async (t, library) => {
  const { client, connection } = await pair(t, library);
  const textReceived = next(connection, 'text');
  const binaryReceived = nextBinary(connection);
  client.send('text');
  await new Promise<void>((resolve) => client.send(Buffer.from('bytes'), () => resolve()));
  t.deepEqual(await textReceived, ['text']);
  t.is(await binaryReceived, 'bytes');
  for (const data of [5, null, undefined, {}, []]) {
    t.throws(() => client.send(data as unknown as string), { instanceOf: TypeError });
  }
});

same('emits error for a text, bytes or a second stream while a stream is being sent', async (t, library) => {
  const { client, connection } = await pair(t, library);
  const received = nextBinary(connection);
  const stream = client.beginBinary();
  for (const send of [
    () => client.sendText('no'),
    () => client.sendBinary(Buffer.from('no')),
    () => client.send('no'),
    () => client.beginBinary(),
  ]) {
    const failed = next(client, 'error');
    send();
    t.true((await failed)[0] instanceof Error);
  }
  // Where nobody listens to error, the call throws.
  client.removeAllListeners('error');
  t.throws(() => client.sendText('no'));
  stream?.end('whole');
  t.is(await received, 'whole');
});

same('takes a ping while a stream is being sent', async (t, library) => {
  const { client } = await pair(t, library);
  client.beginBinary();
  const ponged = next(client, 'pong');
  client.sendPing('between');
  t.deepEqual(await ponged, ['between']);
});

same('pings with and without a payload, and emits pong with it as text', async (t, library) => {
  const { client, connection } = await pair(t, library);
  for (const pinging of [client, connection]) {
    const ponged = next(pinging, 'pong');
    pinging.sendPing('Are you there? 李旺');
    t.deepEqual(await ponged, ['Are you there? 李旺']);
    const empty = next(pinging, 'pong');
    pinging.sendPing();
    t.deepEqual(await empty, ['']);
  }
});

same('gives the code and the reason of a close to both ends', async (t, library) => {
  const { client, connection } = await pair(t, library);
  const ends = Promise.all([next(client, 'close'), next(connection, 'close')]);
  client.close(4000, 'enough 李旺');
  t.deepEqual(await ends, [
    [4000, 'enough 李旺'],
    [4000, 'enough 李旺'],
  ]);
});

same('gives 1005 to the end that was closed without a code, and 1006 where the socket was lost', async (t, library) => {
  const first = await pair(t, library);
  const closed = next(first.connection, 'close');
  first.client.close();
  t.deepEqual(await closed, [1005, '']);
  const second = await pair(t, library);
  const lost = next(second.connection, 'close');
  second.client.socket.destroy();
  t.deepEqual(await lost, [1006, '']);
});

same('has its socket and its server', async (t, library) => {
  const { server, client, connection } = await pair(t, library);
  t.true(connection.socket instanceof net.Socket);
  t.is(client.socket.localPort, connection.socket.remotePort);
  t.is(connection.server as unknown, server);
  t.is(client.server, null);
});

same('goes through its ready states, which have names', async (t, library) => {
  const { url } = await start(t, library);
  const client = library.connect(url);
  t.teardown(() => client.socket.destroy());
  t.deepEqual([client.CONNECTING, client.OPEN, client.CLOSING, client.CLOSED], [0, 1, 2, 3]);
  t.is(client.readyState, client.CONNECTING);
  await once(client, 'connect');
  t.is(client.readyState, client.OPEN);
  client.close();
  t.is(client.readyState, client.CLOSING);
});

same('knows the path with its query', async (t, library) => {
  const { connection } = await pair(t, library, {}, '/chat?name=a');
  t.is(connection.path, '/chat?name=a');
});

same('has the header fields of the request, and on a client those of the answer', async (t, library) => {
  const { client, connection } = await pair(t, library);
  t.is(connection.headers['sec-websocket-version'], '13');
  t.is(connection.headers.upgrade, 'websocket');
  t.is(client.headers.connection, 'Upgrade');
  t.truthy(client.headers['sec-websocket-accept']);
});

same('has the stream that is being sent in outStream, and null in its place when there is none', async (t, library) => {
  const { client } = await pair(t, library);
  t.is(client.outStream, null);
  const stream = client.beginBinary();
  t.is(client.outStream, stream as typeof client.outStream);
  stream?.end();
  await until(() => client.outStream === null);
  t.pass();
});

same('hands on a text that comes in one packet with the answer to the handshake', async (t, library) => {
  const { server, url } = await start(t, library);
  server.on('connection', (connection) => connection.sendText('welcome'));
  const client = library.connect(url, function () {
    this.on('text', (text) => this.emit('pong', text));
  });
  t.teardown(() => client.socket.destroy());
  t.deepEqual(await next(client, 'pong'), ['welcome']);
});

// Where ours differs

const reset = async (t: ExecutionContext, library: Library) => {
  const { server, port } = await start(t, library);
  const opened = once(server, 'connection');
  const peer = await new RawClient(t, port).open();
  const [connection] = (await opened) as [Connection];
  const closed = next(connection, 'close');
  peer.socket.resetAndDestroy();
  await closed;
  return connection;
};

differs('sending to a connection that is closed is an error there, and says false here', {
  theirs: async (t, library) => {
    const connection = await reset(t, library);
    connection.removeAllListeners('error');
    t.throws(() => connection.sendText('late'), { message: /non-open connection/ });
  },
  ours: async (t, library) => {
    const connection = await reset(t, library);
    connection.on('error', (error) => t.fail(error.message));
    t.false(connection.sendText('late'));
    t.false(connection.sendBinary(Buffer.from('late')));
    t.false(connection.send('late'));
    t.false(connection.sendPing());
    t.is(connection.beginBinary(), undefined);
    connection.close(4000, 'late');
  },
});

differs('readyState after a loss is undefined there, and CLOSED here', {
  theirs: async (t, library) => {
    const connection = await reset(t, library);
    await until(() => connection.readyState !== 1);
    t.is(connection.readyState, undefined as unknown as number);
  },
  ours: async (t, library) => {
    const connection = await reset(t, library);
    t.is(connection.readyState, connection.CLOSED);
  },
});

differs('close is emitted by the call there, and when the closing handshake is done here', {
  theirs: async (t, library) => {
    const { client } = await pair(t, library);
    const closes: unknown[] = [];
    client.on('close', (...how) => closes.push(how));
    client.close();
    t.deepEqual(closes, [[undefined, undefined]]);
  },
  ours: async (t, library) => {
    const { client } = await pair(t, library);
    const closes: unknown[] = [];
    client.on('close', (...how) => closes.push(how));
    client.close();
    t.deepEqual(closes, []);
    await until(() => closes.length > 0);
    t.deepEqual(closes, [[1005, '']]);
    t.is(client.readyState, client.CLOSED);
  },
});

differs('a close code that RFC 6455 forbids is sent there, and throws here', {
  theirs: async (t, library) => {
    const { client, connection } = await pair(t, library);
    const closed = next(connection, 'close');
    client.close(1006);
    t.deepEqual(await closed, [1006, '']);
  },
  ours: async (t, library) => {
    const { client } = await pair(t, library);
    t.throws(() => client.close(1006), { instanceOf: RangeError });
    t.is(client.readyState, client.OPEN);
  },
});

differs('a ping of more than 125 bytes breaks the connection there, and throws here', {
  theirs: async (t, library) => {
    const { port, server } = await start(t, library);
    const opened = once(server, 'connection');
    const peer = await new RawClient(t, port).open();
    const [connection] = (await opened) as [Connection];
    connection.sendPing('x'.repeat(126));
    await peer.until('x'.repeat(126));
    t.is(peer.received.toString('hex', 0, 4), '897e007e');
  },
  ours: async (t, library) => {
    const { client } = await pair(t, library);
    t.throws(() => client.sendPing('x'.repeat(126)), { instanceOf: RangeError });
  },
});

differs('a callback that is no function throws there, and is left out here', {
  theirs: async (t, library) => {
    const { client } = await pair(t, library);
    t.throws(() => ['a', 'b'].forEach(client.sendText as never, client));
  },
  ours: async (t, library) => {
    const { client, connection } = await pair(t, library);
    const texts: string[] = [];
    connection.on('text', (text) => texts.push(text));
    ['a', 'b'].forEach(client.sendText as never, client);
    ['c', 'd'].forEach(client.send as never, client);
    const received = nextBinary(connection);
    [Buffer.from('bytes')].forEach(client.sendBinary as never, client);
    t.is(await received, 'bytes');
    t.deepEqual(texts, ['a', 'b', 'c', 'd']);
  },
});

const fragments = async (t: ExecutionContext, library: Library, options: ServerOptions) => {
  const { server, port } = await start(t, library, options);
  const opened = once(server, 'connection');
  const peer = await new RawClient(t, port).open();
  const [connection] = (await opened) as [Connection];
  const ended = Promise.race([next(connection, 'text'), next(connection, 'close')]);
  peer.write(text('x'.repeat(1_000_000), { fin: false }));
  peer.write(continuation('x'.repeat(1_000_000), { fin: false }));
  peer.write(continuation('x'.repeat(1_000_000)));
  return ended;
};

differs('a message in fragments may have any length there, and is bounded as a whole here', {
  theirs: async (t, library) => {
    t.is(String((await fragments(t, library, {}))[0]).length, 3_000_000);
  },
  ours: async (t, library) => {
    t.is((await fragments(t, library, {}))[0], 1009);
    t.is(String((await fragments(t, library, { maxMessageBytes: 3_000_000 }))[0]).length, 3_000_000);
  },
});

differs('header names with digits are dropped there, and read here', {
  theirs: async (t, library) => {
    const { connection } = await pair(t, library, { extraHeaders: { 'X-Name-2': 'value' } });
    t.is(connection.headers['x-name-2'], undefined);
  },
  ours: async (t, library) => {
    const { connection } = await pair(t, library, { extraHeaders: { 'X-Name-2': 'value' } });
    t.is(connection.headers['x-name-2'], 'value');
  },
});

const plainRequest = async (t: ExecutionContext, library: Library) => {
  const { port } = await start(t, library);
  const peer = new RawClient(t, port);
  peer.write(head({ Upgrade: undefined, Connection: undefined }));
  await peer.ended;
  return peer.received.toString();
};

differs('a plain HTTP request is answered 400 and nothing else there, and 426 with a line of text here', {
  theirs: async (t, library) => {
    t.is(await plainRequest(t, library), 'HTTP/1.1 400 Bad Request\r\n\r\n');
  },
  ours: async (t, library) => {
    t.regex(
      await plainRequest(t, library),
      /^HTTP\/1\.1 426 Upgrade Required\r\n[\s\S]*connect with ws:\/\/ or wss:\/\//,
    );
  },
});

// The table of docs/migration.md

const migration = readFileSync(join(root, 'docs/migration.md'), 'utf8');
const [, fromTheirs = '', fromWs = ''] = migration.split(/^## From /m);
/** Whether the first column of a table names it, alone or as a method or an event. */
const hasRow = (part: string, name: string) =>
  part.split('\n').some((line) => line.startsWith('|') && new RegExp(`\\b${name}\\b`).test(line.split('|')[1] ?? ''));
const inPackage = (path: string) => readFileSync(join(root, 'node_modules', path), 'utf8');

test('the migration table has every heading of the README of nodejs-websocket', (t) => {
  const headings = inPackage('nodejs-websocket/README.md').match(/^## .*/gm) ?? [];
  const names = headings
    .map((heading) => heading.match(/'(\w+)\(|\.(\w+)/))
    .flatMap((match) => match?.[1] ?? match?.[2] ?? []);
  t.true(names.length >= 28, names.join());
  for (const name of names) t.true(hasRow(fromTheirs, name), name);
});

test('the migration table has every option, event and public member of ws', (t) => {
  const source = inPackage('ws/lib/websocket-server.js');
  const options = [...source.matchAll(/^ {3}\* @param \{[^}]+\} \[options\.(\w+)/gm)].map(([, name]) => name as string);
  t.true(options.length >= 18, options.join());
  const deflate = [...inPackage('ws/lib/permessage-deflate.js').matchAll(/\[options\.(\w+)/g)]
    .map(([, name]) => name as string)
    .filter((name) => !['isServer', 'maxPayload'].includes(name));
  t.true(deflate.length >= 8, deflate.join());
  const events = [...inPackage('@types/ws/index.d.ts').matchAll(/ on\(\s*event: ([^,]+),/g)].flatMap(
    ([, names]) => names?.match(/(?<=")[\w-]+(?=")/g) ?? [],
  );
  t.true(events.length >= 14, events.join());
  const internal = ['constructor', 'setSocket', 'emitClose', 'completeUpgrade'];
  const members = [WebSocket.prototype, WebSocketServer.prototype]
    .flatMap((prototype) => Object.getOwnPropertyNames(prototype))
    .filter((name) => !internal.includes(name));
  t.true(members.length >= 25, members.join());
  for (const name of [...options, ...deflate, ...events, ...members]) t.true(hasRow(fromWs, name), name);
});
