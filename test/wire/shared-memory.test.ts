import test from 'ava';
import { echo } from '../../src/handlers/echo.ts';
import { connect } from '../helpers/client.ts';
import { startServer, until } from '../helpers/server.ts';

// What is read and what is written lies in memory that all connections share, for a while: none may see what is another's.

const LIFTED = { messagesPerSecond: Infinity, bytesPerSecond: Infinity, maxBufferedBytes: 64 * 1024 * 1024 };
const LENGTHS: readonly number[] = [1, 60, 125, 126, 500, 1023, 1024, 3000, 16 * 1024, 20 * 1024, 30_000];

/** Of one length all of a turn lies side by side, and is written from where it lies. */
const ONE_LENGTH: readonly number[] = [3000];

const text = (who: string, i: number, lengths = LENGTHS) =>
  `${who} ${i} `.padEnd((lengths[i % lengths.length] as number) + 8, who);

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

for (const [title, compression, lengths] of [
  ['a slow reader has not taken', false, LENGTHS],
  ['a slow reader has not taken, where all of it has one length,', false, ONE_LENGTH],
  ['waits to be compressed', true, LENGTHS],
] as const) {
  test(`what ${title} is not overwritten by what others are sent`, async (t) => {
    const { url, server } = await startServer(t, { ...LIFTED, compression }, echo());
    // The clients compress nothing: what they send is echoed from where it was read.
    const options = { perMessageDeflate: compression && { threshold: Infinity } };
    const [slow, quick] = await Promise.all([connect(t, url, options), connect(t, url, options)]);
    const turns = compression ? 40 : 3000;
    slow.socket.pause();
    for (let i = 0; i < turns; i++) {
      slow.send(text('slow', i, lengths));
      if (i % 10 !== 0) continue;
      // The turn is over then: what is sent in one is joined where it is much.
      quick.send('tick');
      t.is(await quick.next(), 'tick');
    }
    if (!compression) await until(() => server.connections.some(({ bufferedAmount }) => bufferedAmount > 100_000));
    for (let i = 0; i < turns; i++) quick.send(text('quick', i, lengths));
    for (let i = 0; i < turns; i++) if ((await quick.next()) !== text('quick', i, lengths)) t.fail(`quick ${i}`);
    slow.socket.resume();
    for (let i = 0; i < turns; i++) if ((await slow.next()) !== text('slow', i, lengths)) t.fail(`slow ${i}`);
    t.pass();
  });
}
