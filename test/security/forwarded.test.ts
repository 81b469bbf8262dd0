import test from 'ava';
import { connect } from '../helpers/client.ts';
import { startProgram } from '../helpers/program.ts';
import { head, RawClient } from '../helpers/server.ts';

const forged = { 'X-Forwarded-For': '203.0.113.9', 'X-Real-Port': '4711', Forwarded: 'for=203.0.113.9' };

for (const TRUST_PROXY of ['off', '198.51.100.0/24']) {
  test(`a forged X-Forwarded-For is not believed with TRUST_PROXY=${TRUST_PROXY}`, async (t) => {
    const { ws, url, output } = await startProgram(t, {
      TRUST_PROXY,
      MAX_CONNECTIONS_PER_IP: '2',
      MESSAGES_PER_SECOND: '1',
      NODE_ENV: 'production',
    });
    const named = await connect(t, `${ws}ws`, { headers: forged });
    t.regex(await named.next(), /^Welcome 127\.0\.0\.1:\d+$/);
    await connect(t, `${ws}ws`, { headers: { 'X-Forwarded-For': '203.0.113.10' } });
    const third = { headers: { 'X-Forwarded-For': '203.0.113.11' } };
    await t.throwsAsync(connect(t, `${ws}ws`, third), { message: /429/ });
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) {
      const headers = { 'X-Forwarded-For': `203.0.113.${i}` };
      statuses.push((await fetch(`${url}rooms/lobby/events`, { method: 'POST', body: 'x', headers })).status);
    }
    t.deepEqual(statuses, [201, 201, 201, 201, 201, 429]);
    t.notRegex(output(), /203\.0\.113/);
  });
}

test('whatever a trusted proxy says of an address, the server goes on, and the log stays one line each', async (t) => {
  const { ws, port, output } = await startProgram(t, { TRUST_PROXY: 'loopback', NODE_ENV: 'production' });
  const claims = ['', ',', 'unknown', '::', '1.2.3.4, x', '"[::1]:80"', '\x1b[2J', 'a\tb', '\x9b2J', '1,'.repeat(2000)];
  for (const claim of claims) {
    const client = new RawClient(t, port);
    client.write(
      Buffer.from(head({ 'X-Forwarded-For': claim, 'X-Real-Port': '0x50' }, 'GET /echo HTTP/1.1'), 'latin1'),
    );
    await client.until('HTTP/1.1 ');
  }
  const { send, next } = await connect(t, `${ws}echo`);
  send('x');
  t.is(await next(), 'x');
  for (const line of output().trim().split('\n')) t.notThrows(() => JSON.parse(line), line);
  t.notRegex(output(), /(?!\n)\p{Cc}/u);
});

test('a forged Host is nowhere in an answer', async (t) => {
  const { port } = await startProgram(t);
  for (const path of ['/', '/nothing', '/echo', '/assets', '/rooms/a', '/healthz']) {
    const client = new RawClient(t, port);
    client.write(
      `GET ${path} HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nConnection: close\r\n\r\n`,
    );
    await client.ended;
    t.regex(client.received.toString('latin1'), /^HTTP\/1\.1 \d{3} /);
    t.notRegex(client.received.toString('latin1'), /evil\.example/);
  }
});
