import test from 'ava';
import { connect } from './helpers/client.ts';
import { head, RawClient, startServer } from './helpers/server.ts';

const refusals: { name: string; request: string; status: string; says: RegExp }[] = [
  {
    name: 'another method',
    request: head({}, 'POST / HTTP/1.1'),
    status: '400 Bad Request',
    says: /POST, expected GET/,
  },
  { name: 'HTTP/1.0', request: head({}, 'GET / HTTP/1.0'), status: '400 Bad Request', says: /HTTP\/1\.0, expected/ },
  {
    name: 'no key',
    request: head({ 'Sec-WebSocket-Key': undefined }),
    status: '400 Bad Request',
    says: /Sec-WebSocket-Key header is missing/,
  },
  {
    name: 'a key of the wrong length',
    request: head({ 'Sec-WebSocket-Key': 'dGhl' }),
    status: '400 Bad Request',
    says: /not 16 bytes/,
  },
  {
    name: 'no version',
    request: head({ 'Sec-WebSocket-Version': undefined }),
    status: '400 Bad Request',
    says: /Sec-WebSocket-Version header is missing/,
  },
  {
    name: 'another version',
    request: head({ 'Sec-WebSocket-Version': '8' }),
    status: '426 Upgrade Required',
    says: /Sec-WebSocket-Version: 13[\s\S]*got WebSocket version 8, expected 13/,
  },
  { name: 'no host', request: head({ Host: undefined }), status: '400 Bad Request', says: /./ },
  { name: 'an unknown path', request: head({}, 'GET /nowhere HTTP/1.1'), status: '404 Not Found', says: /nothing at/ },
  {
    name: 'a page of another origin',
    request: head({ Origin: 'https://evil.example' }),
    status: '403 Forbidden',
    says: /https:\/\/evil\.example is not allowed/,
  },
  { name: 'what is not HTTP', request: '\x16\x03\x01 garbage\r\n\r\n', status: '400 Bad Request', says: /not HTTP/ },
  {
    name: 'headers over 16 KiB',
    request: head({ 'X-Long': 'a'.repeat(17_000) }),
    status: '431 Request Header Fields Too Large',
    says: /more than 16384 bytes/,
  },
];

for (const { name, request, status, says } of refusals) {
  test(`refuses ${name} with ${status} and one line of reason`, async (t) => {
    const allowedOrigins = ['https://good.example'];
    const { port } = await startServer(t, { routes: { '/': () => {} }, allowedOrigins });
    const client = new RawClient(t, port);
    client.write(request);
    await client.ended;
    const answer = client.received.toString();
    t.true(answer.startsWith(`HTTP/1.1 ${status}\r\n`), answer);
    t.regex(answer, says);
    t.regex(answer, /\r\n\r\n[ -~]+\n$/);
  });
}

test('lets in a page of an allowed origin, and programs that send none', async (t) => {
  const { url } = await startServer(t, { allowedOrigins: ['https://Good.example'] });
  await connect(t, url, { origin: 'https://good.example' });
  await connect(t, url);
  t.pass();
});

test('answers the handshake of RFC 6455 section 1.3', async (t) => {
  const { port } = await startServer(t);
  const client = new RawClient(t, port);
  client.write(head());
  const answer = String(await client.until('\r\n\r\n'));
  t.true(answer.startsWith('HTTP/1.1 101 Switching Protocols\r\n'));
  t.regex(answer, /\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/);
});

test('reads names in any case, a list of tokens, and a query', async (t) => {
  const { port, server } = await startServer(t, { routes: { '/': () => {} } });
  const client = new RawClient(t, port);
  const opened = new Promise((resolve) => server.once('connection', ({ path }) => resolve(path)));
  client.write(
    head({
      Connection: undefined,
      Upgrade: undefined,
      connection: 'keep-alive, upGRADE',
      upgrade: 'WebSocket',
    }).replace('GET /', 'GET /?name=a'),
  );
  await client.until('101 Switching Protocols');
  t.is(await opened, '/?name=a');
});

test('takes frames that come in one packet with the handshake', async (t) => {
  const { port } = await startServer(t, {}, (connection) => {
    connection.on('text', (text) => connection.sendText(text));
  });
  const client = new RawClient(t, port);
  client.write(Buffer.concat([Buffer.from(head()), Buffer.from('818537fa213d7f9f4d5158', 'hex')]));
  t.true((await client.until('Hello')).includes(Buffer.from('\x81\x05Hello', 'latin1')));
});

test('answers a plain GET with 426, and one that asks for another protocol as well', async (t) => {
  const { port } = await startServer(t);
  for (const fields of [{}, { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMA' }]) {
    const client = new RawClient(t, port);
    client.write(head({ Connection: undefined, Upgrade: undefined, ...fields }));
    await client.ended;
    t.regex(client.received.toString(), /^HTTP\/1\.1 426 Upgrade Required\r\n/);
  }
});

test('cuts 1,000 sockets that send nothing or half a request, and serves meanwhile', async (t) => {
  const { port, url } = await startServer(
    t,
    { handshakeTimeout: 1000, maxHttpConnectionsPerIp: 1001 },
    (connection) => {
      connection.on('text', (text) => connection.sendText(text));
    },
  );
  const idle = Array.from({ length: 1000 }, (_, i) => {
    const client = new RawClient(t, port);
    if (i % 2) client.write('GET / HTTP/1.1\r\nHost: a\r\n');
    return client;
  });
  const client = await connect(t, url);
  client.send('still here');
  t.is(await client.next(), 'still here');
  await Promise.all(idle.map(({ ended }) => ended));
  t.regex(idle[1]?.received.toString() ?? '', /^HTTP\/1\.1 408 Request Timeout\r\n/);
  client.send('and after');
  t.is(await client.next(), 'and after');
});

test('chooses the first subprotocol of the client that it speaks', async (t) => {
  const { port, server } = await startServer(t, { validProtocols: ['b', 'c'] });
  const client = new RawClient(t, port);
  client.write(head({ 'Sec-WebSocket-Protocol': 'a, c, b' }));
  t.regex(String(await client.until('\r\n\r\n')), /\r\nSec-WebSocket-Protocol: c\r\n/);
  t.deepEqual(server.connections[0]?.protocols, ['a', 'c', 'b']);
  t.is(server.connections[0]?.protocol, 'c');
});
