import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import test from 'ava';
import type { PerMessageDeflateOptions, WebSocket } from 'ws';
import { echo } from '../../src/index.ts';
import { connect } from '../helpers/client.ts';
import { startServer } from '../helpers/server.ts';
import { type Dice, fuzz } from './seeds.ts';
import { fragments, randomLength, randomText } from './sequences.ts';

const FILE = 'test/fuzz/echo.test.ts';
const UNLIMITED = { messagesPerSecond: Number.POSITIVE_INFINITY, bytesPerSecond: Number.POSITIVE_INFINITY };

type Message = string | Buffer;

/** One line for a message, whatever its length, that no other message has. */
const describe = (message: Message) =>
  `${typeof message} of ${Buffer.byteLength(message)} bytes ${createHash('sha1').update(message).digest('hex')}`;

/** Sends a message as `ws` does, in fragments and with pings between them. */
function sendInFragments(socket: WebSocket, message: Message, dice: Dice, pings: string[]): void {
  const pieces = fragments(dice, Buffer.from(message));
  for (const [i, piece] of pieces.entries()) {
    if (dice.oneIn(4)) {
      const payload = dice.bytes(dice.whole(0, 125));
      pings.push(payload.toString('hex'));
      socket.ping(payload);
    }
    socket.send(piece, { binary: typeof message !== 'string', fin: i === pieces.length - 1 });
  }
}

/** Sends messages to the echo and closes at once; what came back until the end. */
async function roundTrip(socket: WebSocket, messages: Message[], dice: Dice) {
  const received: Message[] = [];
  const pongs: string[] = [];
  const pings: string[] = [];
  socket.on('message', (data: Buffer, isBinary) => received.push(isBinary ? data : data.toString()));
  socket.on('pong', (payload) => pongs.push(payload.toString('hex')));
  for (const message of messages) sendInFragments(socket, message, dice, pings);
  const closed = once(socket, 'close');
  socket.close(4000, 'enough');
  const [code, reason] = await closed;
  assert.deepEqual([code, String(reason)], [4000, '']);
  assert.deepEqual(pongs, pings, 'pongs');
  return received;
}

function randomDeflate(dice: Dice): PerMessageDeflateOptions {
  return {
    threshold: dice.pick([0, 64, 1024]),
    clientNoContextTakeover: dice.oneIn(2),
    serverNoContextTakeover: dice.oneIn(2),
    clientMaxWindowBits: dice.whole(9, 15),
    serverMaxWindowBits: dice.whole(9, 15),
  };
}

const binary = (dice: Dice) => dice.bytes(randomLength(dice));
const mixed = (dice: Dice) => (dice.oneIn(2) ? randomText(dice) : binary(dice));

const kinds: [kind: string, one: (dice: Dice) => Message, compression?: true][] = [
  ['texts', randomText],
  ['binary messages', binary],
  ['texts and binary messages', mixed],
  ['compressed texts and binary messages', mixed, true],
];

for (const [kind, one, compression] of kinds) {
  test(`${kind} that ws sends in fragments come back whole and in order, also just before a close`, async (t) => {
    const { url } = await startServer(t, { ...UNLIMITED, pingInterval: 0, compression: compression ?? false }, echo());
    await fuzz(t, FILE, async (dice) => {
      const messages = Array.from({ length: dice.whole(1, 12) }, () => one(dice));
      const { socket } = await connect(t, url, { perMessageDeflate: compression ? randomDeflate(dice) : false });
      const received = await roundTrip(socket, messages, dice);
      assert.deepEqual(received.map(describe), messages.map(describe));
    });
  });
}
