import test from 'ava';
import { greet } from '../../src/index.ts';
import { connect } from '../helpers/client.ts';
import { startServer } from '../helpers/server.ts';

test('answers each text with an acknowledgement and a greeting', async (t) => {
  const { url } = await startServer(t, { routes: { '/': greet() } });
  const client = await connect(t, url);
  for (const name of ['李旺', 'a', ' ', '0', '<img src=x onerror=alert(1)>', '😀'.repeat(1000)]) {
    client.send(name);
    t.is(await client.next(), `服务端已收到消息:${name}服务端发来消息: Hello,${name}`);
  }
});

test('does not answer an empty text', async (t) => {
  const { url } = await startServer(t, { routes: { '/': greet() } });
  const client = await connect(t, url);
  client.send('');
  client.send('after');
  t.is(await client.next(), '服务端已收到消息:after服务端发来消息: Hello,after');
  t.deepEqual(client.pending, []);
});

test('ignores a binary message and keeps the connection', async (t) => {
  const { url } = await startServer(t, { routes: { '/': greet() } });
  const client = await connect(t, url);
  client.send(Buffer.from('binary'));
  client.send('text');
  t.is(await client.next(), '服务端已收到消息:text服务端发来消息: Hello,text');
});

test('tells its log each text, the empty ones too', async (t) => {
  const lines: string[] = [];
  const { url } = await startServer(t, { routes: { '/': greet({ log: (line) => lines.push(line) }) } });
  const client = await connect(t, url);
  client.send('');
  client.send('李旺');
  await client.next();
  t.deepEqual(lines, ['收到的消息是:', '收到的消息是:李旺']);
});
