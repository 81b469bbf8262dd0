import { once } from 'node:events';
import test from 'ava';
import { BufferBudget } from '../../src/wire/buffer-budget.ts';
import { SocketWriter } from '../../src/wire/socket-writer.ts';
import { makeCertificate } from '../helpers/certificate.ts';
import { until } from '../helpers/server.ts';
import { collector, socketPair } from '../helpers/socket-pair.ts';

const MANY = 8 * 1024 * 1024;
const owner = { onDrain() {}, onOverBudget() {} };

for (const kind of ['plain', 'TLS'] as const) {
  test(`a slow reader gets everything in order, and what waits is counted, ${kind}`, async (t) => {
    const certificate = kind === 'TLS' ? makeCertificate(t) : undefined;
    if (kind === 'TLS' && !certificate) return;
    const { ours, theirs } = await socketPair(t, certificate);
    const budget = new BufferBudget(Infinity);
    const writer = new SocketWriter(ours, budget, owner);
    const pieces = Array.from({ length: 20 }, (_, i) => Buffer.alloc(i % 5 === 4 ? MANY / 4 : 50, `${i}`));
    let sent = 0;
    for (const piece of pieces) writer.write(piece, [(error) => !error && sent++]);
    t.true(writer.bytes > 0);
    t.is(budget.bytes, writer.bytes);
    const { take, all } = collector();
    theirs.on('data', take);
    await until(() => sent === pieces.length);
    t.is(writer.bytes, 0);
    t.is(budget.bytes, 0);
    const expected = Buffer.concat(pieces);
    await until(() => all().length === expected.length);
    t.true(all().equals(expected));
  });
}

test('a socket that cannot be written to is destroyed, and what waited for it is told', async (t) => {
  const { ours, theirs } = await socketPair(t);
  const writer = new SocketWriter(ours, new BufferBudget(Infinity), owner);
  writer.write(Buffer.from('first'), undefined);
  // A reset is found out by reading too.
  (ours as unknown as { _handle: { readStop(): void } })._handle.readStop();
  const failures: string[] = [];
  const note = (error?: Error | null) => failures.push(error?.name ?? 'none');
  writer.write(Buffer.alloc(MANY), [note]);
  writer.write(Buffer.alloc(MANY), [note]);
  t.true(writer.bytes > MANY);
  theirs.resetAndDestroy();
  const [error] = await once(ours, 'error');
  t.is(error.syscall, 'write');
  await until(() => failures.length === 2);
  t.deepEqual(failures, ['Error', 'Error']);
  t.is(writer.bytes, 0);
});
