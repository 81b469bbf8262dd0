import assert from 'node:assert/strict';
import net from 'node:net';
import { buffer } from 'node:stream/consumers';
import test from 'ava';
import { echo } from '../../src/index.ts';
import { text } from '../helpers/bytes.ts';
import { connect } from '../helpers/client.ts';
import { head, startServer } from '../helpers/server.ts';
import { type Dice, fuzz } from './seeds.ts';

const FILE = 'test/fuzz/handshake.test.ts';
/** Requests of one round, at the same time. */
const AT_ONCE = 20;

const NAMES = [
  'Host',
  'Connection',
  'Upgrade',
  'Sec-WebSocket-Key',
  'Sec-WebSocket-Version',
  'Sec-WebSocket-Protocol',
  'Sec-WebSocket-Extensions',
  'Origin',
  'Content-Length',
  'Transfer-Encoding',
  'Expect',
  'X-Forwarded-For',
  '__proto__',
  'constructor',
];
const VALUES = [
  '',
  ' ',
  '13',
  '-1',
  '99999999999999999999',
  'chunked',
  '100-continue',
  'websocket',
  'websocket, h2c',
  'upgrade',
  'keep-alive',
  'a, b,, c ,',
  '__proto__',
  'permessage-deflate',
  'permessage-deflate; server_max_window_bits=99; client_max_window_bits="x',
  ';=;=,,"',
  'dGhlIHNhbXBsZSBub25jZQ==',
  'é\x80\xff',
  '\0',
  'a'.repeat(9000),
];
const TARGETS = ['/', '//', '/?', '*', '/%', '/..', 'http://a/', 'http://[', 'a', '', '/\x80', `/${'a'.repeat(9000)}`];
const METHODS = ['GET', 'get', 'POST', 'HEAD', 'OPTIONS', 'CONNECT', 'PRI', '', 'G\0T'];
const VERSIONS = ['HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9.9', 'http/1.1', 'HTTP/', ''];

/** Lines of a request's head, the first one included. */
type Mutation = (lines: string[], dice: Dice) => void;

const mutations: Mutation[] = [
  function changesRequestLine(lines, dice) {
    lines[0] = `${dice.pick(METHODS)} ${dice.pick(TARGETS)} ${dice.pick(VERSIONS)}`;
  },
  function changesOnePart(lines, dice) {
    const part = dice.whole(0, 2);
    const parts = ['GET', '/', 'HTTP/1.1'];
    parts[part] = dice.pick([METHODS, TARGETS, VERSIONS][part] as string[]);
    lines[0] = parts.join(' ');
  },
  function changesField(lines, dice) {
    const at = dice.whole(1, lines.length - 1);
    lines[at] = `${lines[at]?.split(':')[0]}: ${dice.pick(VALUES)}`;
  },
  function addsField(lines, dice) {
    lines.splice(dice.whole(1, lines.length), 0, `${dice.pick(NAMES)}: ${dice.pick(VALUES)}`);
  },
  function deletesLine(lines, dice) {
    lines.splice(dice.whole(0, lines.length - 1), 1);
  },
  function repeatsLine(lines, dice) {
    lines.push(dice.pick(lines));
  },
  function addsManyFields(lines, dice) {
    for (let i = dice.whole(1, 2500); i > 0; i--) lines.push(`a${i}: b`);
  },
  function foldsLine(lines, dice) {
    const at = dice.whole(0, lines.length - 1);
    lines[at] = `${lines[at]}\r\n ${dice.pick(VALUES)}`;
  },
  function spoilsCharacter(lines, dice) {
    const at = dice.whole(0, lines.length - 1);
    const line = lines[at] ?? '';
    const cut = dice.whole(0, line.length);
    lines[at] = line.slice(0, cut) + String.fromCharCode(dice.whole(0, 255)) + line.slice(cut + 1);
  },
];

/** A request's head that has gone wrong, and what may follow it. */
function mutatedRequest(dice: Dice): Buffer {
  const lines = head().trimEnd().split('\r\n');
  for (let count = dice.whole(0, 3); count > 0 && lines.length > 1; count--) dice.pick(mutations)(lines, dice);
  const ending = dice.oneIn(8) ? dice.pick(['\n', '\r', '\r\r\n', '\0\r\n']) : '\r\n';
  const whole = Buffer.from(`${lines.join(ending)}${ending}${ending}`, 'latin1');
  const request = dice.oneIn(6) ? whole.subarray(0, dice.whole(0, whole.length)) : whole;
  return Buffer.concat([request, dice.pick([Buffer.alloc(0), text('hello'), dice.bytes(30), whole])]);
}

/** Sends bytes in two pieces and no more; what comes back until the server ends. */
async function answerTo(port: number, request: Buffer, cut: number): Promise<Buffer> {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const answer = buffer(socket).catch(() => Buffer.alloc(0));
  socket.write(request.subarray(0, cut));
  socket.end(request.subarray(cut));
  return answer;
}

test('a request that has gone wrong gets an HTTP answer or an end, and the next good client is served', async (t) => {
  // Fields that Node's own parser refuses would else never come to be judged here.
  const options = { validProtocols: ['a', 'b'], handshakeTimeout: 2_000, maxHeaderBytes: 64 * 1024 };
  const { server, url, port } = await startServer(t, options, echo());
  await fuzz(t, FILE, async (dice) => {
    const requests = Array.from({ length: AT_ONCE }, () => mutatedRequest(dice));
    const cuts = requests.map(({ length }) => dice.whole(0, length));
    const answers = await Promise.all(requests.map((request, i) => answerTo(port, request, cuts[i] as number)));
    for (const [i, answer] of answers.entries()) {
      const request = JSON.stringify(requests[i]?.toString('latin1').slice(0, 1000));
      assert.match(answer.toString('latin1'), /^(?:HTTP\/1\.1 [1-5]\d\d [ -~]+\r\n|$)/, `the answer to ${request}`);
    }
    const client = await connect(t, url, { protocol: 'b' });
    client.send('still here');
    assert.equal(await client.next(), 'still here');
    client.socket.close();
    await client.closed;
    assert.equal(server.connections.length, 0, 'connections that are left');
  });
});
