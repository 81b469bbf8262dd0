import test from 'ava';
import { BufferBudget } from '../../src/wire/buffer-budget.ts';
import { rawFrame } from '../helpers/bytes.ts';
import { connect } from '../helpers/client.ts';
import { RawClient, startServer, until } from '../helpers/server.ts';

const MiB = 1024 ** 2;
/** The beginning of a server's Close frame with 1013 and its reason. */
const CLOSE_1013 = Buffer.from([0x88, 17, 0x03, 0xf5]);

test('counts a buffer once, wherever it waits, and until it waits nowhere', (t) => {
  const budget = new BufferBudget(100);
  const [a, b] = [Buffer.alloc(60), Buffer.alloc(60)];
  budget.hold(a);
  budget.hold(a);
  t.is(budget.bytes, 60);
  budget.hold(b);
  t.true(budget.exceeded);
  budget.release(a);
  t.is(budget.bytes, 120);
  budget.release(a);
  t.false(budget.exceeded);
  budget.release(a);
  t.is(budget.bytes, 60);
  budget.change(41);
  t.true(budget.exceeded);
});

for (const [name, opcode] of [
  ['text', 1],
  ['binary', 2],
] as const) {
  test(`closes with 1013 whose unfinished ${name} message is too much for all together, and nobody else`, async (t) => {
    const { server, port } = await startServer(t, { maxTotalBufferedBytes: MiB }, (connection) => {
      connection.on('message', (data) => connection.sendText(`got ${data.length}`));
    });
    const whole = rawFrame({ opcode, payload: 'x'.repeat(300_000) });
    const clients = await Promise.all(Array.from({ length: 8 }, () => new RawClient(t, port).open()));
    for (const client of clients) client.write(whole.subarray(0, 200_000));
    await until(() => server.connections.length <= 4);
    const closed = () => clients.filter(({ received }) => received.includes(CLOSE_1013));
    await until(() => closed().length === 8 - server.connections.length);
    // What the others take is given back, when they go and when a message is whole.
    const [one, ...others] = clients.filter((client) => !closed().includes(client));
    for (const { socket } of others) socket.destroy();
    await until(() => server.connections.length === 1);
    for (let round = 1; round <= 5; round++) {
      one?.write(whole.subarray(200_000));
      await until(() => one?.received.toString().split('got 300000').length === round + 1);
      one?.write(whole.subarray(0, 200_000));
    }
    t.is(server.connections.length, 1);
  });
}

test('closes with 1013 the slow reader that is too much for all together, and nobody else', async (t) => {
  const { server, url } = await startServer(t, { maxBufferedBytes: 64 * MiB, maxTotalBufferedBytes: 40 * MiB });
  const text = 'x'.repeat(2 * MiB);
  const first = await connect(t, url, { maxPayload: 0 });
  first.socket.pause();
  const [slow] = server.connections;
  let sent = 0;
  // What the system takes at first is not counted.
  while ((slow?.bufferedAmount ?? 0) < 24 * MiB) {
    slow?.sendText(text);
    sent++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const second = await connect(t, url, { maxPayload: 0 });
  second.socket.pause();
  const other = server.connections.find((connection) => connection !== slow);
  while (other?.readyState === other?.OPEN) {
    other?.sendText(text);
    await new Promise((resolve) => setImmediate(resolve));
  }
  second.socket.resume();
  t.is((await second.closed).code, 1013);
  t.is(slow?.readyState, slow?.OPEN);
  first.socket.resume();
  for (let i = 0; i < sent; i++) t.is((await first.next()).length, text.length);
  t.deepEqual(server.connections, [slow]);
});

test('lets a broadcast wait for many slow readers at the price of one', async (t) => {
  const { server, url } = await startServer(t, { maxBufferedBytes: 64 * MiB, maxTotalBufferedBytes: 20 * MiB });
  const clients = await Promise.all(Array.from({ length: 5 }, () => connect(t, url, { maxPayload: 0 })));
  for (const { socket } of clients) socket.pause();
  const text = 'x'.repeat(2 * MiB);
  let sent = 0;
  while (server.connections.some(({ bufferedAmount }) => bufferedAmount < 10 * MiB)) {
    t.is(server.broadcast(text), 5);
    sent++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const { socket } of clients) socket.resume();
  for (const client of clients) {
    for (let i = 0; i < sent; i++) t.is((await client.next()).length, text.length);
  }
});
