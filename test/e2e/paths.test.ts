import test, { type ExecutionContext } from 'ava';
import { type Client, connect } from '../helpers/client.ts';
import { startNginx } from '../helpers/nginx.ts';
import { startProgram } from '../helpers/program.ts';

/** Clients of one site: `open('/chat')`. */
type Open = (path: string) => Promise<Client>;

interface Way {
  name: string;
  /** Undefined where this machine lacks what it takes, which was said then. */
  start(t: ExecutionContext): Promise<Open | undefined>;
}

const LIMITS = { MAX_CONNECTIONS_PER_IP: 'off', TRUST_PROXY: 'loopback' };

/** What the table of docs/handlers.md promises must hold on both. */
const ways: readonly Way[] = [
  {
    name: 'over loopback',
    async start(t) {
      const { ws } = await startProgram(t, LIMITS);
      return (path) => connect(t, new URL(path, ws).href);
    },
  },
  {
    name: 'over wss through Nginx',
    async start(t) {
      const { port } = await startProgram(t, LIMITS);
      const nginx = await startNginx(t, { upstream: port });
      // One address for all, so the handshakes must not be counted as one client's.
      return nginx && ((path) => connect(t, new URL(path, nginx.wss).href, { rejectUnauthorized: false }));
    },
  },
];

for (const { name, start } of ways) {
  test(`${name}: the greeter, the echo and the clock answer to the character`, async (t) => {
    const open = await start(t);
    if (!open) return;
    const greeter = await open('/');
    greeter.send('');
    greeter.send('李旺 <b>');
    t.is(await greeter.next(), '服务端已收到消息:李旺 <b>服务端发来消息: Hello,李旺 <b>');
    const echo = await open('/echo');
    for (const text of ['', '你好 😀', 'x'.repeat(100_000)]) {
      echo.send(text);
      t.is(await echo.next(), text);
    }
    const clock = await open('/clock');
    const time = await clock.next();
    t.is(time, String(new Date(time)));
  });

  test(`${name}: the chat by address names each by its own address and port`, async (t) => {
    const open = await start(t);
    if (!open) return;
    const [a, b] = [await open('/ws'), await open('/ws')];
    const [welcomeA, welcomeB] = [await a.next(), await b.next()];
    t.regex(welcomeA, /^Welcome 127\.0\.0\.1:\d+$/);
    t.not(welcomeA, welcomeB);
    a.send('大家好');
    const line = `${welcomeA.replace('Welcome ', '')} -> 大家好`;
    t.deepEqual([await a.next(), await b.next()], [line, line]);
  });

  test(`${name}: the chat from a pool names, answers hello to its sender, and calls the sender 我`, async (t) => {
    const open = await start(t);
    if (!open) return;
    const [first, second, own] = [
      await open('/chat'),
      await open('/chat'),
      await open('/chat?name=%E5%B0%8F%E6%9D%8E'),
    ];
    first.send('hello');
    t.is(await first.next(), '收到,hello');
    first.send('在吗');
    t.is(await first.next(), '我:在吗');
    t.is(await second.next(), '小王:在吗');
    t.is(await own.next(), '小王:在吗');
    own.send('在');
    t.deepEqual([await own.next(), await second.next()], ['我:在', '小李:在']);
  });

  for (const count of [2, 50]) {
    test(`${name}: ${count} clients at once all get everything, in the order of each sender`, async (t) => {
      const open = await start(t);
      if (!open) return;
      const clients = await Promise.all(Array.from({ length: count }, () => open('/broadcast')));
      const lines = 6;
      for (let n = 1; n <= lines; n++) for (const [i, client] of clients.entries()) client.send(`${i} ${n}`);
      const everything: string[][] = [];
      for (const client of clients) {
        const got: string[] = [];
        while (got.length < count * lines) got.push(await client.next());
        everything.push(got);
      }
      // Everyone the same, in the same order.
      t.true(everything.every((got) => got.join() === everything[0]?.join()));
      for (let i = 0; i < count; i++) {
        const own = everything[0]?.filter((line) => line.startsWith(`${i} `));
        t.deepEqual(
          own,
          Array.from({ length: lines }, (_, n) => `${i} ${n + 1}`),
        );
      }
    });
  }
}
