import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { learnFrom, type WriteRequest, writeAtOnce } from '../../src/wire/write-request.ts';
import { until } from '../helpers/server.ts';
import { collector, socketPair } from '../helpers/socket-pair.ts';

const MANY = 16 * 1024 * 1024;

/** A pair of which ours has written once by the stream, so that the request is known. */
async function learntPair(t: ExecutionContext) {
  const { ours, theirs } = await socketPair(t);
  learnFrom(ours);
  ours.write(Buffer.from('first '));
  const got = collector();
  theirs.on('data', got.take);
  await until(() => got.all().toString() === 'first ');
  return { ours, theirs, got };
}

/** Writes what the reader does not take at once. */
function writeMuch(socket: Socket, bytes: Buffer): { request: WriteRequest; done: Promise<unknown> } {
  const request = writeAtOnce(socket, bytes);
  if (request === true || request === undefined) throw new Error('it is over already');
  return { request, done: new Promise((resolve) => Object.assign(request, { callback: resolve })) };
}

// Fails where a version of Node has moved what is used of it; everything still works then, more slowly.
test('writes below the stream what the system takes at once, on this version of Node', async (t) => {
  const { ours, got } = await learntPair(t);
  const before = ours.bytesWritten;
  for (const text of ['one ', 'two ', 'three']) t.true(writeAtOnce(ours, Buffer.from(text)));
  await until(() => got.all().toString() === 'first one two three');
  t.is(ours.bytesWritten - before, 13);
});

test('a write that goes on says when it is over, and does not disturb those of other sockets', async (t) => {
  const [slow, quick] = await Promise.all([learntPair(t), learntPair(t)]);
  slow.theirs.pause();
  const bytes = Buffer.alloc(MANY, 'abc');
  const { request, done } = writeMuch(slow.ours, bytes);
  t.true(writeAtOnce(quick.ours, Buffer.from('quick')));
  await until(() => quick.got.all().toString() === 'first quick');
  const other = await learntPair(t);
  other.theirs.pause();
  t.not(writeMuch(other.ours, bytes).request, request);
  slow.theirs.resume();
  t.falsy(await done);
  t.true(writeAtOnce(slow.ours, Buffer.from('end')));
  await until(() => slow.got.all().length === 6 + MANY + 3);
  t.true(slow.got.all().equals(Buffer.concat([Buffer.from('first '), bytes, Buffer.from('end')])));
});

test('a write that goes on is over with its socket', async (t) => {
  const { ours, theirs } = await learntPair(t);
  theirs.pause();
  const { done } = writeMuch(ours, Buffer.alloc(MANY));
  theirs.resetAndDestroy();
  await done;
  t.true(ours.destroyed);
});

test('leaves to the stream a socket that is gone, has a time-out, or cannot be written to', async (t) => {
  const { ours, theirs } = await learntPair(t);
  ours.setTimeout(60_000);
  t.is(writeAtOnce(ours, Buffer.from('x')), undefined);
  ours.setTimeout(0);
  const closed = once(ours, 'close');
  theirs.resetAndDestroy();
  while (writeAtOnce(ours, Buffer.from('x')) === true) await new Promise((resolve) => setImmediate(resolve));
  t.is(writeAtOnce(ours, Buffer.from('x')), undefined);
  ours.resume();
  ours.destroy();
  await closed;
  t.is(writeAtOnce(ours, Buffer.from('x')), undefined);
});

// A reader that makes room between the two tries of a write: nothing waits then, and yet the write is under way.
test('writes that are taken in two steps disturb no other', async (t) => {
  const server = net.createServer();
  t.teardown(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const bytes = Buffer.alloc(50_000, 'abc');
  const write = async (): Promise<void> => {
    const reader = spawn(process.execPath, ['-e', `require('node:net').connect(${port}, '127.0.0.1').resume()`]);
    const exited = once(reader, 'exit');
    const [socket] = (await once(server, 'connection')) as [Socket];
    t.teardown(() => socket.destroy());
    learnFrom(socket);
    await new Promise((resolve) => socket.write(Buffer.from('first'), resolve));
    for (let i = 0; i < 3000; i++) {
      const request = writeAtOnce(socket, bytes);
      if (typeof request === 'object') await new Promise((resolve) => Object.assign(request, { callback: resolve }));
      else t.true(request);
    }
    socket.end();
    await exited;
    t.is(socket.bytesWritten, 5 + 3000 * bytes.length);
  };
  for (let i = 0; i < 3; i++) await write();
});
