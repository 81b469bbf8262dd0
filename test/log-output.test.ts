import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { type Client, connect } from './helpers/client.ts';
import { runProgram } from './helpers/program.ts';

/** The built program in production with an output of the test's choice; it is reached by a Unix socket. */
async function start(t: ExecutionContext, stdout: number | 'pipe', env: Record<string, string> = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'text-event-server-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, 'socket');
  const options = { stdio: ['ignore', stdout, 'pipe', 'ipc'] };
  const { child, exited, output } = runProgram(t, { NODE_ENV: 'production', SOCKET_PATH: path, ...env }, [], options);
  const ready = new Promise((resolve) => child.once('message', resolve));
  await Promise.race([ready, exited]);
  return { child, exited, output, open: () => connect(t, `ws+unix://${path}:/`) };
}

async function isGreeted(client: Client): Promise<boolean> {
  client.send('a');
  return /Hello,a/.test(await client.next());
}

test('serves and stops while its output is on a full disk', async (t) => {
  const { child, exited, output, open } = await start(t, openSync('/dev/full', 'w'));
  for (let i = 0; i < 3; i++) t.true(await isGreeted(await open()));
  child.kill('SIGTERM');
  t.deepEqual(await exited, { code: 0, signal: null });
  t.is(output(), '');
});

test('serves while what reads its output stands still, and hands over what waited when it reads again', async (t) => {
  // Each greeting is a log line of more than a kibibyte: more than the pipe takes, less than may wait.
  const { child, exited, output, open } = await start(t, 'pipe', { LOG_LEVEL: 'debug' });
  (child.stdout as Readable).pause();
  const client = await open();
  const text = 'x'.repeat(1_000);
  for (let i = 0; i < 600; i++) {
    client.send(`${i} ${text}`);
    await client.next();
  }
  t.false(output().includes('599 xxx'), 'the pipe took everything');
  (child.stdout as Readable).resume();
  while (!output().includes('599 xxx')) await new Promise((resolve) => setTimeout(resolve, 10));
  const lines = output().match(/(?<=:)\d+ (?=xxx)/g);
  t.deepEqual(
    lines,
    Array.from({ length: 600 }, (_, i) => `${i} `),
  );
  child.kill('SIGTERM');
  t.deepEqual(await exited, { code: 0, signal: null });
  t.true(output().trimEnd().endsWith('"msg":"stopped"}'), output().slice(-300));
});

test('stops although nobody reads its output any more', async (t) => {
  const { child, exited, open } = await start(t, 'pipe', { LOG_LEVEL: 'debug' });
  (child.stdout as Readable).pause();
  const client = await open();
  for (let i = 0; i < 600; i++) {
    client.send('x'.repeat(5_000));
    await client.next();
  }
  const [code] = await Promise.all([new Promise((resolve) => child.once('exit', resolve)), child.kill('SIGTERM')]);
  t.is(code, 0);
  child.stdout?.destroy();
  await exited;
});
