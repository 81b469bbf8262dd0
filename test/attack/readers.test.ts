import test from 'ava';
import { close, text } from '../helpers/bytes.ts';
import { connect } from '../helpers/client.ts';
import { flood, MiB, many, NO_RATES, startVictim, upgrade } from './victim.ts';

const SHORT = { CLOSE_TIMEOUT: '1s' };

test.serial('ends readers that stop with 1013', async (t) => {
  const victim = await startVictim(t, { ...SHORT, ...NO_RATES });
  const attackers = await many(20, () => upgrade(t, victim.port));
  const piece = text('x'.repeat(100_000));
  for (const attacker of attackers) {
    attacker.socket.pause();
    void flood(attacker, piece);
  }
  await victim.unharmed(150);
  t.deepEqual(victim.closeCodes(), { 1013: 20 });
});

test.serial(
  'holds readers of a broadcast that stop, until they do not answer a ping, and keeps nobody waiting',
  async (t) => {
    const victim = await startVictim(t, { ...SHORT, ...NO_RATES, PING_INTERVAL: '3s', PING_TIMEOUT: '3s' });
    const attackers = await many(50, () => upgrade(t, victim.port, '/broadcast'));
    for (const { socket } of attackers) socket.pause();
    const sender = await connect(t, `${victim.ws}broadcast`);
    const long = 'x'.repeat(100_000);
    while ((await victim.connections()) > 1) {
      sender.send(long);
      t.is((await sender.next()).length, long.length);
    }
    sender.socket.terminate();
    await victim.unharmed(200);
    t.deepEqual(victim.closeCodes(), { 1006: 51 });
  },
);

test.serial('cuts those that send on and on after their Close', async (t) => {
  const victim = await startVictim(t, { ...SHORT, ...NO_RATES });
  const attackers = await many(50, () => upgrade(t, victim.port));
  const piece = text('x'.repeat(50_000));
  for (const attacker of attackers) {
    attacker.socket.write(close(1000));
    void flood(attacker, piece);
  }
  await victim.unharmed(100);
  t.deepEqual(victim.closeCodes(), { 1000: 50 });
});

test.serial('cuts readers that stop and close their side, with much still to be sent', async (t) => {
  const victim = await startVictim(t, {
    ...SHORT,
    ...NO_RATES,
    MAX_MESSAGE_BYTES: '16MiB',
    MAX_BUFFERED_BYTES: '32MiB',
  });
  const attackers = await many(5, () => upgrade(t, victim.port));
  const message = text('x'.repeat(16 * MiB));
  for (const { socket } of attackers) {
    socket.pause();
    socket.end(message);
  }
  await victim.unharmed(300);
});
