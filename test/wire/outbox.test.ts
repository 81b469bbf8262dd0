import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { BufferBudget } from '../../src/wire/buffer-budget.ts';
import { encodeText } from '../../src/wire/frame.ts';
import { Outbox } from '../../src/wire/outbox.ts';

/** A socket that counts its writes and takes each at once, or with `stuck` none until `take`. */
function fakeSocket() {
  const writes: Buffer[] = [];
  let callbacks: (() => void)[] = [];
  return {
    writes,
    stuck: false,
    destroyed: false,
    ended: false,
    writableLength: 0,
    writableHighWaterMark: 100,
    write(bytes: Buffer, callback: () => void) {
      writes.push(Buffer.from(bytes));
      if (this.stuck) this.writableLength += bytes.length;
      callbacks.push(callback);
      return true;
    },
    take() {
      const taken = callbacks;
      callbacks = [];
      this.writableLength = 0;
      for (const callback of taken) callback();
    },
    end() {
      this.ended = true;
    },
  };
}

/** An outbox and what it told its connection. */
function outboxFor(socket: ReturnType<typeof fakeSocket>, maxBufferedBytes = 1e6, budget = new BufferBudget(1e6)) {
  const told: string[] = [];
  const owner = { onDrain: () => told.push('drain'), onOverBudget: () => told.push('over') };
  return Object.assign(new Outbox(socket, { maxBufferedBytes, budget }, owner), { told, budget });
}

const all = (writes: Buffer[]) => Buffer.concat(writes).toString('hex');

test('writes once per turn, in order, whatever was queued', async (t) => {
  const socket = fakeSocket();
  const outbox = outboxFor(socket);
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
  const [first, second] = [outboxFor(a), outboxFor(b)];
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
    const outbox = outboxFor(socket);
    for (const frame of frames) outbox.push(frame);
  }
  await turn();
  for (const socket of sockets) t.is(all(socket.writes), Buffer.concat(frames).toString('hex'));
});

test('is full when more waits than its bound, counting what the socket still holds', async (t) => {
  const socket = fakeSocket();
  const outbox = outboxFor(socket, 100);
  outbox.pushText('x'.repeat(98));
  t.false(outbox.full);
  outbox.pushText('y');
  t.true(outbox.full);
  await turn();
  t.false(outbox.full);
  socket.stuck = true;
  outbox.pushText('x'.repeat(99));
  await turn();
  t.is(outbox.bytes, 101);
  t.true(outbox.full);
  socket.take();
  t.false(outbox.full);
});

test('calls back for each message when its turn was written', async (t) => {
  const socket = fakeSocket();
  const outbox = outboxFor(socket);
  const sent: number[] = [];
  outbox.pushText('a', () => sent.push(1));
  outbox.push(encodeText('b'), () => sent.push(2));
  await turn();
  t.deepEqual(sent, []);
  socket.take();
  await turn();
  t.deepEqual(sent, [1, 2]);
});

test('forgets what waits when it is cleared', async (t) => {
  const socket = fakeSocket();
  const outbox = outboxFor(socket);
  outbox.pushText('a');
  outbox.clear();
  await turn();
  t.is(socket.writes.length, 0);
});

test('writes one thing at a time to a slow reader, and the short turns that wait as one', async (t) => {
  const socket = fakeSocket();
  socket.stuck = true;
  const outbox = outboxFor(socket);
  const texts = ['one', 'two', 'x'.repeat(60_000), 'y'.repeat(60_000), 'z'];
  for (const text of texts) {
    outbox.pushText(text);
    await turn();
  }
  outbox.end();
  const lengths = [];
  while (socket.writableLength > 0) {
    lengths.push(socket.writes.at(-1)?.length);
    t.false(socket.ended);
    socket.take();
  }
  t.deepEqual(lengths, [5, 5 + 60_004, 60_004 + 3]);
  t.is(all(socket.writes), Buffer.concat(texts.map((text) => encodeText(text))).toString('hex'));
  t.true(socket.ended);
  t.is(outbox.bytes, 0);
  t.is(outbox.budget.bytes, 0);
});

test('says that it is drained only after more waited than the high-water mark of the socket', async (t) => {
  const socket = fakeSocket();
  const outbox = outboxFor(socket);
  socket.stuck = true;
  outbox.pushText('x'.repeat(97));
  await turn();
  socket.take();
  t.deepEqual(outbox.told, []);
  outbox.pushText('x'.repeat(98));
  await turn();
  t.deepEqual(outbox.told, []);
  socket.take();
  t.deepEqual(outbox.told, ['drain']);
});

test('counts what waits for all outboxes together, and a shared frame once', async (t) => {
  const budget = new BufferBudget(300);
  const sockets = Array.from({ length: 3 }, fakeSocket);
  const outboxes = sockets.map((socket) => outboxFor(socket, 1e6, budget));
  const shared = encodeText('x'.repeat(98));
  for (const outbox of outboxes) outbox.push(shared);
  await turn();
  t.is(budget.bytes, 0);
  for (const socket of sockets) socket.stuck = true;
  for (const outbox of outboxes) outbox.push(shared);
  await turn();
  t.is(budget.bytes, 100);
  for (const outbox of outboxes) outbox.pushText('x'.repeat(98));
  await turn();
  t.is(budget.bytes, 400);
  t.deepEqual(
    outboxes.map(({ told }) => told),
    [[], [], ['over']],
  );
  outboxes[2]?.clear();
  t.is(budget.bytes, 300);
  for (const socket of sockets) {
    while (socket.writableLength > 0) socket.take();
  }
  t.is(budget.bytes, 0);
});

test('fails the callbacks of what waits when the socket is destroyed', async (t) => {
  const socket = fakeSocket();
  socket.stuck = true;
  const outbox = outboxFor(socket);
  const errors: (string | undefined)[] = [];
  for (const text of ['one', 'two']) {
    outbox.pushText(text, (error) => errors.push(error?.message));
    await turn();
  }
  socket.destroyed = true;
  socket.take();
  await turn();
  t.deepEqual(errors, [undefined, 'The socket was closed before everything was sent']);
  t.is(outbox.budget.bytes, 0);
});
