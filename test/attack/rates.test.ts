import test from 'ava';
import { ping, pong, text } from '../helpers/bytes.ts';
import { allClosed, flood, many, startVictim, upgrade } from './victim.ts';

for (const [name, frame] of [
  ['pings', ping('p'.repeat(125))],
  ['pongs', pong('p'.repeat(125))],
  ['texts', text('t'.repeat(125))],
] as const) {
  test.serial(`slows endless ${name} down, then ends them with 1008`, async (t) => {
    const victim = await startVictim(t, { MESSAGES_PER_SECOND: '1000', RATE_GRACE: '1s' });
    const attackers = await many(20, () => upgrade(t, victim.port));
    const piece = Buffer.concat(Array(500).fill(frame));
    for (const attacker of attackers) void flood(attacker, piece);
    t.deepEqual(await allClosed(attackers), [1008]);
    await victim.unharmed(120);
  });
}

test.serial('loses nothing of a burst that it slows down', async (t) => {
  const victim = await startVictim(t, { MESSAGES_PER_SECOND: '2000' });
  const attacker = await upgrade(t, victim.port);
  const sent = Array.from({ length: 12_000 }, (_, i) => `message ${String(i).padStart(100, '0')}`);
  attacker.socket.write(Buffer.concat(sent.map((message) => text(message))));
  const echoed = sent.map((message) => `\x81\x6c${message}`).join('');
  while (attacker.received().length < echoed.length) await victim.connections();
  t.true(attacker.received().toString('latin1') === echoed);
  attacker.socket.destroy();
  await victim.unharmed(60);
});
