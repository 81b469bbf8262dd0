import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { encodeText } from '../../src/wire/frame.ts';
import { Outbox } from '../../src/wire/outbox.ts';

/** A socket that counts its writes; `stuck` keeps what it is given. */
function fakeSocket() {
  const writes: Buffer[] = [];
  const callbacks: (() => void)[] = [];
  return {
    writes,
    callbacks,
    writableLength: 0,
    write(bytes: Buffer, callback?: () => void) {
      writes.push(Buffer.from(bytes));
      if (callback) callbacks.push(callback);
      return true;
    },
  };
}

const all = (writes: Buffer[]) => Buffer.concat(writes).toString('hex');

test('writes once per turn, in order, whatever was queued', async (t) => {
  const socket = fakeSocket();
  const outbox = new Outbox(socket, 1e6);
  outbox.pushText('one');
  outbox.pushText('two');
  outbox.push(encodeText('three'));
  outbox.pushText('four');
  outbox.pushText('x'.repeat(5000));
  outbox.pushText('five');
  t.is(socket.writes.length, 0);
  t.is(outbox.bytes, 5 + 5 + 7 + 6 + 5004 + 6);
  await turn();
  t.is(socket.writes.length, 1);
  const texts = ['one', 'two', 'three', 'four', 'x'.repeat(5000), 'five'];
  t.is(all(socket.writes), Buffer.concat(texts.map((text) => encodeText(text))).toString('hex'));
  t.is(outbox.bytes, 0);
});

test('keeps two outboxes apart that are filled in turn', async (t) => {
  const [a, b] = [fakeSocket(), fakeSocket()];
  const [first, second] = [new Outbox(a, 1e6), new Outbox(b, 1e6)];
  for (let i = 0; i < 3000; i++) {
    first.pushText(`first ${i}`);
    second.pushText(`second ${i}`);
  }
  await turn();
  t.is(a.writes.length, 1);
  const expected = (name: string) => Buffer.concat(Array.from({ length: 3000 }, (_, i) => encodeText(`${name} ${i}`)));
  t.is(all(a.writes), expected('first').toString('hex'));
  t.is(all(b.writes), expected('second').toString('hex'));
});

test('gives many receivers of the same frames the same bytes', async (t) => {
  const frames = [encodeText('a'), encodeText('b')];
  const sockets = Array.from({ length: 3 }, fakeSocket);
  for (const socket of sockets) {
    const outbox = new Outbox(socket, 1e6);
    for (const frame of frames) outbox.push(frame);
  }
  await turn();
  for (const socket of sockets) t.is(all(socket.writes), Buffer.concat(frames).toString('hex'));
});

test('is full when more waits than its bound, counting what the socket still holds', async (t) => {
  const socket = fakeSocket();
  const outbox = new Outbox(socket, 100);
  outbox.pushText('x'.repeat(98));
  t.false(outbox.full);
  outbox.pushText('y');
  t.true(outbox.full);
  await turn();
  t.false(outbox.full);
  socket.writableLength = 101;
  t.true(outbox.full);
});

test('calls back for each message when its turn was written', async (t) => {
  const socket = fakeSocket();
  const outbox = new Outbox(socket, 1e6);
  const sent: number[] = [];
  outbox.pushText('a', () => sent.push(1));
  outbox.push(encodeText('b'), () => sent.push(2));
  await turn();
  t.deepEqual(sent, []);
  for (const callback of socket.callbacks) callback();
  t.deepEqual(sent, [1, 2]);
});

test('forgets what waits when it is cleared', async (t) => {
  const socket = fakeSocket();
  const outbox = new Outbox(socket, 1e6);
  outbox.pushText('a');
  outbox.clear();
  await turn();
  t.is(socket.writes.length, 0);
});
