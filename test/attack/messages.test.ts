import test from 'ava';
import { continuation, rawFrame, seededRandom, text } from '../helpers/bytes.ts';
import { allClosed, announce, closeCodeIn, flood, MiB, many, NO_RATES, startVictim, upgrade } from './victim.ts';

const SHORT = { CLOSE_TIMEOUT: '1s' };

test.serial('refuses 2 GB at its announcement, 200 times at once', async (t) => {
  const victim = await startVictim(t, SHORT);
  const attackers = await many(200, () => upgrade(t, victim.port));
  for (const { socket } of attackers) socket.write(announce(1, 2 ** 31).subarray(0, 10));
  t.deepEqual(await allClosed(attackers), [1009]);
  await victim.unharmed(60);
});

for (const [name, first, next] of [
  ['fragments of a byte', text('a', { fin: false }), continuation('a', { fin: false })],
  ['empty fragments', text('', { fin: false }), continuation('', { fin: false })],
  ['fragments of 16 KiB', text('a'.repeat(16_384), { fin: false }), continuation('a'.repeat(16_384), { fin: false })],
] as const) {
  test.serial(`ends endless ${name} with 1009`, async (t) => {
    const victim = await startVictim(t, NO_RATES);
    const attackers = await many(20, () => upgrade(t, victim.port));
    const piece = Buffer.concat(Array(Math.ceil(65_536 / next.length)).fill(next));
    for (const attacker of attackers) {
      attacker.socket.write(first);
      void flood(attacker, piece);
    }
    t.deepEqual(await allClosed(attackers), [1009]);
    await victim.unharmed(150);
  });
}

test.serial('holds messages that come a byte at a time in little more than their bytes', async (t) => {
  const victim = await startVictim(t);
  const attackers = await many(200, () => upgrade(t, victim.port));
  for (const [i, { socket }] of attackers.entries()) socket.write(announce(1 + (i % 2), MiB));
  for (let sent = 0; sent < 100; sent++) {
    for (const { socket } of attackers) socket.write(Buffer.alloc(1));
    // It has answered somebody else meanwhile, so that the next byte comes alone.
    t.is(await victim.connections(), 200);
  }
  for (const { socket } of attackers) socket.destroy();
  await victim.unharmed(80);
});

for (const [name, opcode] of [
  ['text', 1],
  ['binary', 2],
] as const) {
  test.serial(`holds ${name} messages of 60,000 fragments of a byte in little more than their bytes`, async (t) => {
    const victim = await startVictim(t);
    const attackers = await many(50, () => upgrade(t, victim.port));
    const next = continuation('a', { fin: false });
    const bytes = Buffer.concat([rawFrame({ opcode, payload: 'a', fin: false }), ...Array(60_000).fill(next)]);
    for (const { socket } of attackers) socket.write(bytes);
    while (attackers.some(({ socket }) => socket.writableLength > 0)) await victim.connections();
    t.is(await victim.connections(), 50);
    for (const { socket } of attackers) socket.destroy();
    await victim.unharmed(80);
  });
}

test.serial('keeps of a chunk only what belongs to an unfinished message', async (t) => {
  const victim = await startVictim(t, NO_RATES);
  const attackers = await many(20, () => upgrade(t, victim.port));
  // A byte of a binary message in each 64 KiB of pongs: as slices of their chunks these would hold 20 MiB each.
  const filled = Buffer.concat([
    continuation('a', { fin: false }),
    ...Array(500).fill(rawFrame({ opcode: 10, payload: 'p'.repeat(125) })),
  ]);
  for (const { socket } of attackers) socket.write(rawFrame({ opcode: 2, payload: 'a', fin: false }));
  for (let sent = 0; sent < 300; sent++) {
    for (const { socket } of attackers) socket.write(filled);
    t.is(await victim.connections(), 20);
  }
  for (const { socket } of attackers) socket.destroy();
  await victim.unharmed(150);
});

test.serial('holds 100 messages that have half come in about their bytes', async (t) => {
  const victim = await startVictim(t);
  const before = victim.memory();
  const attackers = await many(100, () => upgrade(t, victim.port));
  const half = Buffer.concat([announce(1, MiB), Buffer.alloc(MiB / 2)]);
  for (const { socket } of attackers) socket.write(half);
  while (attackers.some(({ socket }) => socket.writableLength > 0)) await victim.connections();
  t.is(await victim.connections(), 100);
  t.log(`${(((victim.memory() - before) * 1024) / 100).toFixed(0)} KiB each`);
  for (const { socket } of attackers) socket.destroy();
  await victim.unharmed(250);
});

test.serial('holds no more of messages that have half come than all together may take', async (t) => {
  const victim = await startVictim(t, { ...SHORT, MAX_TOTAL_BUFFERED_BYTES: '32MiB' });
  const attackers = await many(300, () => upgrade(t, victim.port));
  const half = Buffer.concat([announce(1, MiB), Buffer.alloc(MiB / 2)]);
  for (const { socket } of attackers) socket.write(half);
  // A buffer of 1 MiB at most for each that stays.
  while ((await victim.connections()) > 64) await Promise.race(attackers.map(({ ended }) => ended));
  while (attackers.some(({ socket }) => !socket.destroyed && socket.writableLength > 0)) await victim.connections();
  const left = await victim.connections();
  t.true(left >= 32, `${left} are left`);
  for (const { socket } of attackers) socket.destroy();
  await victim.unharmed(100);
  t.is(victim.closeCodes()[1013], 300 - left);
});

test.serial('ends garbage from 200 sockets at once with 1002, though they never close their side', async (t) => {
  const victim = await startVictim(t, SHORT);
  const attackers = await many(200, () => upgrade(t, victim.port));
  const random = seededRandom(1);
  for (const { socket } of attackers) {
    const garbage = Buffer.from(Array.from({ length: 1000 }, () => Math.floor(random() * 256)));
    // A reserved bit, so that none is by chance the beginning of a frame.
    garbage[0] = (garbage[0] as number) | 0x10;
    socket.write(garbage);
  }
  await Promise.all(attackers.map(({ ended }) => ended));
  t.deepEqual([...new Set(attackers.map(({ received }) => closeCodeIn(received())))], [1002]);
  // Nobody here destroys the sockets: the server's own time-out does.
  await victim.unharmed(60);
});
