import test from 'ava';
import { echo } from '../../src/handlers/echo.ts';
import { connect } from '../helpers/client.ts';
import { startServer, until } from '../helpers/server.ts';

// What is read and what is written lies in memory that all connections share, for a while: none may see what is another's.

const LIFTED = { messagesPerSecond: Infinity, bytesPerSecond: Infinity, maxBufferedBytes: 64 * 1024 * 1024 };
const LENGTHS = [1, 60, 125, 126, 500, 1023, 1024, 3000, 16 * 1024, 20 * 1024, 30_000];

const text = (who: string, i: number) => `${who} ${i} `.padEnd((LENGTHS[i % LENGTHS.length] as number) + 8, who);

test('messages that a listener keeps stay as they came', async (t) => {
  const kept: Buffer[] = [];
  const { url } = await startServer(t, LIFTED, (connection) => {
    connection.on('message', (data) => kept.push(data));
  });
  const clients = await Promise.all(['a', 'b', 'c'].map(async (who) => ({ who, ...(await connect(t, url)) })));
  const sent: string[] = [];
  for (let i = 0; i < 66; i++) {
    for (const { who, send } of clients) {
      sent.push(text(who, i));
      send(i % 2 === 0 ? text(who, i) : Buffer.from(text(who, i)));
    }
  }
  await until(() => kept.length === sent.length);
  t.deepEqual(kept.map(String).sort(), sent.sort());
});

for (const compression of [false, true]) {
  const title = compression ? 'waits to be compressed' : 'a slow reader has not taken';
  test(`what ${title} is not overwritten by what others are sent`, async (t) => {
    const { url, server } = await startServer(t, { ...LIFTED, compression }, echo());
    // The clients compress nothing: what they send is echoed from where it was read.
    const options = { perMessageDeflate: compression && { threshold: Infinity } };
    const [slow, quick] = await Promise.all([connect(t, url, options), connect(t, url, options)]);
    const turns = compression ? 40 : 700;
    slow.socket.pause();
    for (let i = 0; i < turns; i++) slow.send(text('slow', i));
    if (!compression) await until(() => server.connections.some(({ bufferedAmount }) => bufferedAmount > 100_000));
    for (let i = 0; i < turns; i++) quick.send(text('quick', i));
    for (let i = 0; i < turns; i++) if ((await quick.next()) !== text('quick', i)) t.fail(`quick ${i}`);
    slow.socket.resume();
    for (let i = 0; i < turns; i++) if ((await slow.next()) !== text('slow', i)) t.fail(`slow ${i}`);
    t.pass();
  });
}
