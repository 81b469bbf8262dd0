import { deflateRawSync } from 'node:zlib';
import test from 'ava';
import { broadcast, echo } from '../../src/index.ts';
import { rawFrame, text } from '../helpers/bytes.ts';
import { connect } from '../helpers/client.ts';
import { head, RawClient, startServer, until } from '../helpers/server.ts';

const long = 'the same words again and again, '.repeat(200);

/** What a client sends for a whole compressed message. */
function deflated(payload: string | Buffer, opcode = 1): Buffer {
  const bytes = deflateRawSync(payload, { finishFlush: 2 });
  return rawFrame({ opcode, rsv: 4, payload: bytes.subarray(0, -4) });
}

async function openDeflated(t: import('ava').ExecutionContext, port: number, offer = 'permessage-deflate') {
  const client = new RawClient(t, port);
  client.write(head({ 'Sec-WebSocket-Extensions': offer }));
  const answer = String(await client.until('\r\n\r\n'));
  client.received = Buffer.alloc(0);
  return { client, extensions: answer.match(/Sec-WebSocket-Extensions: (.*)\r\n/)?.[1] };
}

test('is off unless it is asked for', async (t) => {
  const { url, port } = await startServer(t, {}, echo());
  t.is((await connect(t, url, { perMessageDeflate: true })).socket.extensions, '');
  const client = await new RawClient(t, port).open();
  client.write(deflated(long));
  await client.ended;
  t.is(client.received.readUInt16BE(2), 1002);
});

for (const [name, client, server] of [
  ['as clients offer it', true, true],
  ['without context takeover', { clientNoContextTakeover: true, serverNoContextTakeover: true }, true],
  ['without context takeover on the server’s side', true, { contextTakeover: false }],
  ['with small windows', { clientMaxWindowBits: 9, serverMaxWindowBits: 9 }, true],
  ['of everything', true, { threshold: 0, level: 9, windowBits: 15 }],
] as const) {
  test(`echoes what is compressed ${name}, in order`, async (t) => {
    const { url } = await startServer(t, { perMessageDeflate: server, messagesPerSecond: 1e6 }, echo());
    const peer = await connect(t, url, { perMessageDeflate: client });
    t.regex(peer.socket.extensions, /permessage-deflate/);
    const messages = Array.from({ length: 60 }, (_, i) => (i % 3 ? `${i} ${long.slice(0, i * 90)}` : `${i} 李`));
    for (const message of messages) peer.send(message);
    for (const message of messages) t.is(await peer.next(), message);
    peer.send(Buffer.from(long));
    t.is(await peer.next(), long);
    peer.socket.close(4000, 'done');
    t.is((await peer.closed).code, 4000);
  });
}

test('compresses on the wire, above the threshold only', async (t) => {
  const { port } = await startServer(t, { compression: true }, echo());
  const { client, extensions } = await openDeflated(t, port);
  t.is(extensions, 'permessage-deflate; server_max_window_bits=13');
  client.write(text('short'));
  await client.until('short');
  t.is(client.received[0], 0x81);
  client.received = Buffer.alloc(0);
  client.write(deflated(long));
  await until(() => client.received.length > 4);
  t.is(client.received[0], 0xc1);
  t.true((client.received[1] as number) < 126, 'a fraction of 6,400 bytes');
});

for (const [name, offer, expected] of [
  ['an unknown parameter', 'permessage-deflate; nonsense', undefined],
  ['a window of 8 bits, which zlib cannot make', 'permessage-deflate; server_max_window_bits=8', undefined],
  ['a second offer', 'permessage-deflate; server_max_window_bits=8, permessage-deflate', /^permessage-deflate; /],
  ['another extension', 'x-other', undefined],
  ['what is no list', '; ;=,', undefined],
  [
    'every parameter',
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits',
    /server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10$/,
  ],
] as const) {
  test(`${expected ? 'agrees on' : 'goes on without compression for'} ${name}`, async (t) => {
    const { port } = await startServer(t, { compression: true }, echo());
    const { client, extensions } = await openDeflated(t, port, offer);
    if (expected) t.regex(extensions ?? '', expected);
    else t.is(extensions, undefined);
    client.write(text('still'));
    await client.until('still');
    t.pass();
  });
}

test('closes with 1009 what inflates over the bound, long before it is inflated', async (t) => {
  const { port, url } = await startServer(t, { compression: true, maxMessageBytes: 100_000 }, echo());
  const before = process.memoryUsage().rss;
  const { client } = await openDeflated(t, port);
  // 100 MB of zeros in less than 100 KB.
  client.write(deflated(Buffer.alloc(100_000_000)));
  await client.ended;
  t.is(client.received.readUInt16BE(2), 1009);
  t.true(process.memoryUsage().rss - before < 150_000_000 + 100_000_000);
  const other = await connect(t, url);
  other.send('fine');
  t.is(await other.next(), 'fine');
});

test('closes with 1007 what does not inflate, and what is no UTF-8 once inflated', async (t) => {
  const { port } = await startServer(t, { compression: true }, echo());
  for (const frame of [
    rawFrame({ opcode: 1, rsv: 4, payload: Buffer.alloc(100, 0xff) }),
    deflated(Buffer.alloc(50, 0xff)),
  ]) {
    const { client } = await openDeflated(t, port);
    client.write(frame);
    await client.ended;
    t.is(client.received.readUInt16BE(2), 1007);
  }
});

test('closes at once while messages are still being compressed', async (t) => {
  const { server, url } = await startServer(
    t,
    { compression: true, maxBufferedBytes: 1e9, closeTimeout: 30_000 },
    (connection) => {
      for (let i = 0; i < 20; i++) connection.sendText(`${i} ${long}`);
      connection.close(4000, 'done');
    },
  );
  const peer = await connect(t, url);
  const { code } = await peer.closed;
  t.is(code, 4000);
  t.is(peer.pending.length, 20, 'what was sent before the close arrives before it');
  await until(() => server.connections.length === 0);
});

test('survives a client that goes away in the middle of it', async (t) => {
  const { server, port, url } = await startServer(t, { compression: true }, echo());
  for (let i = 0; i < 20; i++) {
    const { client } = await openDeflated(t, port);
    client.write(Buffer.concat([deflated(long), deflated(long)]));
    client.socket.resetAndDestroy();
  }
  await until(() => server.connections.length === 0);
  const other = await connect(t, url);
  other.send(long);
  t.is(await other.next(), long);
});

test('broadcasts to those who compress and to those who do not', async (t) => {
  const { url } = await startServer(t, { compression: true }, broadcast());
  const clients = await Promise.all(
    [true, false, true].map((perMessageDeflate) => connect(t, url, { perMessageDeflate })),
  );
  for (const message of [long, 'short', long]) clients[1]?.send(message);
  for (const client of clients) {
    for (const message of [long, 'short', long]) t.is(await client.next(), message);
  }
});
