import test from 'ava';
import { startProgram } from '../helpers/program.ts';
import { head, RawClient } from '../helpers/server.ts';

const SECOND = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';

for (const [what, first, says] of [
  [
    'a handshake with a length',
    head({ 'Content-Length': String(SECOND.length) }, 'GET /echo HTTP/1.1'),
    /^HTTP\/1.1 400/,
  ],
  ['a handshake in chunks', head({ 'Transfer-Encoding': 'chunked' }, 'GET /echo HTTP/1.1'), /^HTTP\/1.1 400/],
  ['a handshake that is a POST', head({ 'Content-Length': '5' }, 'POST /echo HTTP/1.1'), /^HTTP\/1.1 400/],
  ['a handshake of HTTP/1.0', head({}, 'GET /echo HTTP/1.0'), /^HTTP\/1.1 400/],
  ['a handshake of no path', head({}, 'GET /nothing HTTP/1.1'), /^HTTP\/1.1 404/],
  ['a handshake of a bad room', head({}, 'GET /rooms/a%20b HTTP/1.1'), /^HTTP\/1.1 400/],
  ['a handshake of another version', head({ 'Sec-WebSocket-Version': '12' }, 'GET /echo HTTP/1.1'), /^HTTP\/1.1 426/],
  ['a handshake without a token', head({}, 'GET /rooms/lobby HTTP/1.1'), /^HTTP\/1.1 401/],
  [
    'a length and chunks',
    'POST /rooms/a/events HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n',
    /^HTTP\/1.1 400/,
  ],
  [
    'two lengths',
    'POST /rooms/a/events HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n',
    /^HTTP\/1.1 400/,
  ],
  [
    'chunks under a blank',
    'POST /rooms/a/events HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n',
    /^HTTP\/1.1 400/,
  ],
  ['a line without a carriage return', 'GET /echo HTTP/1.1\nHost: a\n\n', /^HTTP\/1.1 400/],
  ['a folded field', 'GET /echo HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n', /^HTTP\/1.1 400/],
] as const) {
  test(`behind ${what} a second request gets no answer`, async (t) => {
    const { port } = await startProgram(t, { ANONYMOUS_ACCESS: '/echo' });
    const client = new RawClient(t, port);
    client.write(first + SECOND);
    await client.ended;
    t.regex(client.received.toString(), says);
    t.notRegex(client.received.toString(), /"pid"/);
  });
}

test('behind a handshake that was answered there are frames, and no requests', async (t) => {
  const { port } = await startProgram(t);
  const client = new RawClient(t, port);
  client.write(head({}, 'GET /echo HTTP/1.1') + SECOND);
  await client.ended;
  const answer = client.received.toString('latin1');
  t.regex(answer, /^HTTP\/1\.1 101 /);
  t.is(client.received.readUInt16BE(client.received.indexOf('\r\n\r\n') + 6), 1002);
  t.notRegex(answer, /"pid"/);
});
