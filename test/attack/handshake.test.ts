import { once } from 'node:events';
import test from 'ava';
import { head } from '../helpers/server.ts';
import { attack, many, startVictim, upgrade } from './victim.ts';

const BYTE_EVERY_MS = 50;

test('cuts 1,000 sockets that send their request a byte at a time', async (t) => {
  const victim = await startVictim(t, { HANDSHAKE_TIMEOUT: '2s' });
  const attackers = await many(1_000, () => attack(t, victim.port));
  const over = Promise.all(attackers.map(({ ended }) => ended));
  const request = Buffer.from(head({ 'X-Slow': 'a'.repeat(10_000) }));
  let at = 0;
  const trickle = setInterval(() => {
    for (const { socket } of attackers) if (socket.writable) socket.write(request.subarray(at, at + 1));
    at++;
  }, BYTE_EVERY_MS);
  t.teardown(() => clearInterval(trickle));
  await over;
  clearInterval(trickle);
  t.is(attackers.filter(({ received }) => /^HTTP\/1\.1 408 /.test(received().toString())).length, 1_000);
  for (const { socket } of attackers) socket.destroy();
  await victim.unharmed(60);
});

test('holds 1,000 half requests in little memory and takes none past 16 KiB', async (t) => {
  const victim = await startVictim(t, { HANDSHAKE_TIMEOUT: '10s' });
  const attackers = await many(1_000, (i) => {
    const attacker = attack(t, victim.port);
    attacker.socket.write(head({ 'X-Long': 'a'.repeat(i % 2 ? 15_000 : 20_000) }).trimEnd());
    return attacker;
  });
  await Promise.all(attackers.filter((_, i) => i % 2 === 0).map(({ ended }) => ended));
  t.regex(attackers[0]?.received().toString() ?? '', /^HTTP\/1\.1 431 /);
  for (const { socket } of attackers) socket.destroy();
  await victim.unharmed(100);
});

test('holds 256 sockets of an address that send nothing, and cuts 2,000 more as they come', async (t) => {
  const victim = await startVictim(t, { MAX_HTTP_CONNECTIONS_PER_IP: '256', HANDSHAKE_TIMEOUT: '1m' });
  let cut = 0;
  const attackers = await many(2_256, async () => {
    const attacker = attack(t, victim.port, '127.0.0.2');
    void attacker.ended.then(() => cut++);
    await once(attacker.socket, 'connect');
    return attacker;
  });
  while (cut < 2_000) await new Promise((resolve) => setTimeout(resolve, 10));
  // Nobody else notices.
  (await upgrade(t, victim.port)).socket.destroy();
  t.is(await victim.connections(), 0);
  t.is(cut, 2_000);
  const said = attackers.filter(({ received }) => /^HTTP\/1\.1 429 [\s\S]*the limit is 256\n$/.test(`${received()}`));
  t.is(said.length, 2_000);
  for (const { socket } of attackers) socket.destroy();
  await victim.unharmed(60);
});

test('outlives 5,000 connections and resets, before the handshake, in it and after it', async (t) => {
  const victim = await startVictim(t);
  const request = head({}, 'GET /echo HTTP/1.1');
  await many(5_000, async (i) => {
    const kind = i % 3;
    const attacker = kind === 2 ? await upgrade(t, victim.port) : attack(t, victim.port);
    if (kind === 1) attacker.socket.write(request.slice(0, i % request.length));
    if (attacker.socket.connecting) await new Promise((resolve) => attacker.socket.once('connect', resolve));
    attacker.socket.resetAndDestroy();
  });
  await victim.unharmed(100);
});

test('says 429 past the connections of one address, and forgets those that ended', async (t) => {
  const victim = await startVictim(t, { MAX_CONNECTIONS_PER_IP: '51' });
  const attackers = await many(50, () => upgrade(t, victim.port));
  for (let i = 0; i < 500; i++) {
    const refused = attack(t, victim.port);
    refused.socket.end(head({}, 'GET /echo HTTP/1.1'));
    await refused.ended;
    if (i === 0) t.regex(refused.received().toString(), /^HTTP\/1\.1 429 [\s\S]*\r\nRetry-After: \d+\r\n/);
  }
  t.is(await victim.connections(), 50);
  for (const { socket } of attackers) socket.resetAndDestroy();
  await victim.recovered();
  (await upgrade(t, victim.port)).socket.destroy();
  await victim.unharmed(60);
});

test('stops in time with 200 clients that never answer a Close', async (t) => {
  const victim = await startVictim(t, { DRAIN_TIME: '2s' });
  await many(200, () => upgrade(t, victim.port));
  const { code } = await victim.stop();
  t.is(code, 0);
});
