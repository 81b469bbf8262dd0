import test from 'ava';
import { broadcast } from '../../src/index.ts';
import { connect } from '../helpers/client.ts';
import { startServer } from '../helpers/server.ts';

test('sends each text unchanged to everyone, the sender too, in one order', async (t) => {
  const { url } = await startServer(t, { routes: { '/': broadcast() } });
  const clients = await Promise.all(Array.from({ length: 50 }, () => connect(t, url)));
  const texts = ['', ' ', '李旺 😀', '<b>', 'x'.repeat(200_000), '{"type":"publish"}'];
  for (const [i, text] of texts.entries()) clients[i]?.send(text);
  const seen: string[][] = [];
  for (const client of clients) {
    const got: string[] = [];
    for (const _ of texts) got.push(await client.next());
    seen.push(got);
  }
  t.deepEqual([...(seen[0] ?? [])].sort(), [...texts].sort());
  for (const got of seen) t.deepEqual(got, seen[0]);
});

test('keeps the order of a sender that sends at once, right after it has come', async (t) => {
  const { url } = await startServer(t, { routes: { '/': broadcast() }, messagesPerSecond: Infinity });
  const client = await connect(t, url);
  for (let i = 0; i < 1000; i++) client.send(`${i}`);
  for (let i = 0; i < 1000; i++) t.is(await client.next(), `${i}`);
});

test('two handlers are two rooms', async (t) => {
  const { url } = await startServer(t, { routes: { '/a': broadcast(), '/b': broadcast() } });
  const [a, b] = [await connect(t, `${url}/a`), await connect(t, `${url}/b`)];
  a.send('to a');
  b.send('to b');
  t.deepEqual([await a.next(), await b.next()], ['to a', 'to b']);
});

test('ignores binary messages', async (t) => {
  const { url } = await startServer(t, { routes: { '/': broadcast() } });
  const client = await connect(t, url);
  client.send(Buffer.from('binary'));
  client.send('text');
  t.is(await client.next(), 'text');
});

test('a reader that stands still gets what it missed when it goes on, and nobody waits for it', async (t) => {
  const { url } = await startServer(t, { routes: { '/': broadcast() }, bytesPerSecond: Infinity });
  const [slow, sender] = [await connect(t, url), await connect(t, url)];
  slow.socket.pause();
  const texts = Array.from({ length: 100 }, (_, i) => `${i} `.padEnd(100_000, 'x'));
  for (const text of texts) {
    sender.send(text);
    t.is(await sender.next(), text);
  }
  slow.socket.resume();
  for (const text of texts) t.is(await slow.next(), text);
});

test('a reader that has missed what is no longer there is closed with 1013', async (t) => {
  const { server, url } = await startServer(t, { routes: { '/': broadcast() }, bytesPerSecond: Infinity });
  const [slow, sender] = [await connect(t, url), await connect(t, url)];
  slow.socket.pause();
  for (let i = 0; i < 300; i++) {
    sender.send('x'.repeat(100_000));
    await sender.next();
  }
  t.is(server.connections.length, 2);
  slow.socket.resume();
  t.deepEqual(await slow.closed, { code: 1013, reason: 'try again later' });
});
