import { once } from 'node:events';
import test from 'ava';
import { readFrom, writeTo } from '../../src/wire/direct-socket.ts';
import { isLent, keep } from '../../src/wire/lent.ts';
import { makeCertificate } from '../helpers/certificate.ts';
import { until } from '../helpers/server.ts';
import { collector, socketPair } from '../helpers/socket-pair.ts';

// These two fail where a version of Node has moved what is used of it; everything still works then, more slowly.
test('reads the sockets of a server below the stream on this version of Node', async (t) => {
  const { ours, theirs } = await socketPair(t);
  const { take, all } = collector();
  ours.on('data', () => t.fail('it came by the stream'));
  t.is(readFrom(ours, take), process.platform !== 'win32');
  theirs.write('text');
  await until(() => all().toString() === 'text');
});

test('writes below the stream, and has at once what the system takes at once', async (t) => {
  const { ours, theirs } = await socketPair(t);
  const { take, all } = collector();
  theirs.on('data', take);
  let done = 0;
  t.true(writeTo(ours, Buffer.from('text'), () => done++));
  t.is(done, 1);
  await until(() => all().toString() === 'text');
});

test('lends each chunk until the next one, short and long', async (t) => {
  const { ours, theirs } = await socketPair(t);
  const { take, all } = collector();
  const chunks: Buffer[] = [];
  const kept: Buffer[] = [];
  readFrom(ours, (chunk) => {
    t.true(isLent(chunk));
    chunks.push(chunk);
    kept.push(keep(chunk, 0, chunk.length));
    take(Buffer.from(chunk));
  });
  for (const length of [1, 128, 129, 5000, 200_000]) {
    const before = all().length;
    theirs.write(Buffer.alloc(length, String(length)));
    await until(() => all().length === before + length);
  }
  const expected = Buffer.concat([1, 128, 129, 5000, 200_000].map((length) => Buffer.alloc(length, String(length))));
  t.true(all().equals(expected));
  t.true(Buffer.concat(kept).equals(expected));
  t.true(chunks.length >= 5);
  t.true(chunks.every(({ buffer }) => buffer === chunks[0]?.buffer));
  t.true(chunks.slice(0, -1).every((chunk) => !isLent(chunk)));
});

test('reads first what the stream holds, pauses, goes on and ends', async (t) => {
  const { ours, theirs } = await socketPair(t);
  const { take, all } = collector();
  ours.unshift(Buffer.from('head '));
  ours.on('data', take);
  readFrom(ours, take);
  theirs.write('one ');
  await until(() => all().toString() === 'head one ');
  ours.pause();
  theirs.end('two');
  const ended = once(ours, 'end');
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.is(all().toString(), 'head one ');
  ours.resume();
  await ended;
  t.is(all().toString(), 'head one two');
});

test('writes in order and says when, whatever the reader does', async (t) => {
  const { ours, theirs } = await socketPair(t);
  theirs.pause();
  const first = Buffer.alloc(16 * 1024 * 1024, 'a');
  const order: string[] = [];
  t.false(writeTo(ours, first, () => order.push('first')));
  writeTo(ours, Buffer.from('b'), () => order.push('second'));
  ours.end();
  t.deepEqual(order, []);
  const { take, all } = collector();
  theirs.on('data', take).resume();
  await once(theirs, 'end');
  t.is(all().length, first.length + 1);
  t.is(all().at(-1), 98);
  await until(() => order.length === 2);
  t.deepEqual(order, ['first', 'second']);
});

test('destroys a socket that cannot be written to, and says so', async (t) => {
  const { ours, theirs } = await socketPair(t);
  theirs.resetAndDestroy();
  const failures: unknown[] = [];
  const closed = new Promise((resolve) => ours.once('close', resolve));
  const write = () => writeTo(ours, Buffer.alloc(1024), (error) => error && failures.push(error));
  while (!ours.destroyed) {
    write();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await closed;
  const before = failures.length;
  t.true(before > 0);
  write();
  await until(() => failures.length === before + 1);
});

test('leaves TLS to the stream', async (t) => {
  const certificate = makeCertificate(t);
  if (!certificate) return;
  const { ours, theirs } = await socketPair(t, certificate);
  const { take, all } = collector();
  t.false(readFrom(ours, take));
  theirs.on('data', take);
  for (const text of ['one ', 'two ', 'three']) writeTo(ours, Buffer.from(text), () => {});
  await until(() => all().toString() === 'one two three');
});
