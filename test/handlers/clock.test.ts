import test, { type ExecutionContext } from 'ava';
import { clock } from '../../src/index.ts';
import { connect } from '../helpers/client.ts';
import { startServer, until } from '../helpers/server.ts';

/** Counts the timers that run; a test that uses it is serial. */
function countTimers(t: ExecutionContext, interval: number): { running: Set<unknown> } {
  const running = new Set<unknown>();
  const { setInterval: start, clearInterval: stop } = globalThis;
  globalThis.setInterval = ((callback: () => void, ms?: number) => {
    const timer = start(callback, ms);
    if (ms === interval) running.add(timer);
    return timer;
  }) as typeof setInterval;
  globalThis.clearInterval = ((timer: NodeJS.Timeout | undefined) => {
    running.delete(timer);
    stop(timer);
  }) as typeof clearInterval;
  t.teardown(() => Object.assign(globalThis, { setInterval: start, clearInterval: stop }));
  return { running };
}

test('sends the time as String(new Date()) each second', async (t) => {
  const { url } = await startServer(t, { routes: { '/': clock() } });
  const client = await connect(t, url);
  const start = Date.now();
  const times = [await client.next(), await client.next(), await client.next()];
  for (const text of times) {
    t.is(text, String(new Date(text)), 'as Date prints itself');
    t.true(Date.parse(text) >= start - 1000 && Date.parse(text) <= Date.now());
  }
  t.true(Date.now() - start >= 2900, 'one a second');
});

test('sends everyone the same text', async (t) => {
  let ticks = 0;
  const { url } = await startServer(t, { routes: { '/': clock({ interval: 20, format: () => `tick ${++ticks}` }) } });
  const [first, second] = await Promise.all([connect(t, url), connect(t, url)]);
  const [, since] = /tick (\d+)/.exec(await second.next()) ?? [];
  const texts = Array.from({ length: 5 }, (_, i) => `tick ${Number(since) + 1 + i}`);
  for (const text of texts) t.is(await second.next(), text);
  let text = await first.next();
  while (text !== texts[0]) text = await first.next();
  for (const expected of texts.slice(1)) t.is(await first.next(), expected);
});

test.serial('has one timer for all, which runs only while somebody listens', async (t) => {
  const { running } = countTimers(t, 21);
  const { url } = await startServer(t, { routes: { '/': clock({ interval: 21 }) } });
  t.is(running.size, 0);
  for (const round of ['first', 'again']) {
    const clients = await Promise.all(Array.from({ length: 5 }, () => connect(t, url)));
    for (const client of clients) await client.next();
    t.is(running.size, 1, round);
    const last = clients.pop();
    for (const { socket } of clients) socket.close();
    await Promise.all(clients.map(({ closed }) => closed));
    await last?.next();
    t.is(running.size, 1, round);
    last?.socket.terminate();
    await until(() => running.size === 0);
  }
});

test('ignores what it is sent', async (t) => {
  const { url } = await startServer(t, { routes: { '/': clock({ interval: 20, format: () => 'tick' }) } });
  const client = await connect(t, url);
  client.send('text');
  client.send(Buffer.from('binary'));
  for (let i = 0; i < 3; i++) t.is(await client.next(), 'tick');
});

test('closes everyone with 1011 when the text cannot be made, and ticks for those who come later', async (t) => {
  let fails = false;
  const format = () => {
    if (fails) throw new Error('no time');
    return 'tick';
  };
  const { server, url } = await startServer(t, { routes: { '/': clock({ interval: 20, format }) } });
  const errors: unknown[] = [];
  server.on('handlerError', (error) => errors.push(error));
  const clients = await Promise.all([connect(t, url), connect(t, url)]);
  for (const client of clients) await client.next();
  fails = true;
  for (const { closed } of clients) t.is((await closed).code, 1011);
  t.deepEqual(
    errors.map((error) => (error as Error).message),
    ['no time', 'no time'],
  );
  fails = false;
  t.is(await (await connect(t, url)).next(), 'tick');
});
