import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { recordMachine } from '../src/machine-record.ts';
import { startProgram } from './helpers/program.ts';
import { until } from './helpers/until.ts';

const OTHER = /"other":"another-machine".*another machine uses this DATA_DIR/;

function tempDir(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'text-event-server-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** What a machine left in a data folder, so many seconds ago. */
function leave(dir: string, content: string, secondsAgo: number, name = 'boot-of-another.json'): void {
  mkdirSync(join(dir, 'machines'), { recursive: true });
  const path = join(dir, 'machines', name);
  writeFileSync(path, content);
  const time = Date.now() / 1000 - secondsAgo;
  utimesSync(path, time, time);
}

test('a start says that another machine uses the folder, and goes on', async (t) => {
  const DATA_DIR = tempDir(t);
  leave(DATA_DIR, '{"host":"another-machine"}', 5);
  const program = await startProgram(t, { DATA_DIR, NODE_ENV: 'production' });
  t.regex(program.output(), OTHER);
  t.is((await fetch(`${program.url}readyz`)).status, 200);
  t.is((await program.stop()).code, 0);
  t.deepEqual(readdirSync(join(DATA_DIR, 'machines')), ['boot-of-another.json'], 'its own record went');
});

test('what is old, broken, or of another process of this machine is nothing to warn of', async (t) => {
  const DATA_DIR = tempDir(t);
  leave(DATA_DIR, '{"host":"another-machine"}', 120);
  leave(DATA_DIR, '{"host":"another-machine"}', 100_000, 'forgotten.json');
  leave(DATA_DIR, 'no JSON', 1, 'broken.json');
  leave(DATA_DIR, `{"host":"another-machine","more":"${'x'.repeat(2000)}"}`, 1, 'long.json');
  const first = await startProgram(t, { DATA_DIR, NODE_ENV: 'production' });
  const second = await startProgram(t, { DATA_DIR, NODE_ENV: 'production' });
  for (const { output } of [first, second]) t.notRegex(output(), /DATA_DIR/);
  t.false(existsSync(join(DATA_DIR, 'machines/forgotten.json')));
});

test('a machine that comes later is told of by those that run, once', async (t) => {
  const DATA_DIR = tempDir(t);
  const program = await startProgram(t, { DATA_DIR, NODE_ENV: 'production' });
  await until(() => {
    // It is alive.
    leave(DATA_DIR, '{"host":"another-machine"}', 0);
    return OTHER.test(program.output());
  });
  t.is((await program.stop()).code, 0);
  t.is(program.output().match(/another machine uses this DATA_DIR/g)?.length, 1);
});

/** A machine that looks all the time, and whom it was told of. It goes with the test, or when it is told to. */
async function startMachine(t: ExecutionContext, folder: string, boot: string, host: string) {
  const told: string[] = [];
  const go = await recordMachine(folder, boot, (other) => told.push(other), { host, beat: 1 });
  t.teardown(go);
  return { told, go };
}

test('each of several machines is told of once, however often it is seen', async (t) => {
  const dir = tempDir(t);
  leave(dir, '{"host":"b"}', 0, 'boot-b.json');
  const { told } = await startMachine(t, join(dir, 'machines'), 'boot-a', 'a');
  t.deepEqual(told, ['b']);
  leave(dir, '{"host":"c"}', 0, 'boot-c.json');
  await until(() => told.length === 2);
  // Another boot of one that is known.
  leave(dir, '{"host":"c"}', 0, 'another-boot-of-c.json');
  leave(dir, '{"host":"d"}', 0, 'boot-d.json');
  await until(() => told.includes('d'));
  t.deepEqual(told, ['b', 'c', 'd']);
});

test('a machine that was started anew is the same one, and one with another name is another', async (t) => {
  const folder = join(tempDir(t), 'machines');
  const first = await startMachine(t, folder, 'boot-1', 'a');
  const again = await startMachine(t, folder, 'boot-2', 'a');
  await again.go();
  t.deepEqual(again.told, []);
  const other = await startMachine(t, folder, 'boot-3', 'b');
  // A record that is just being written may be found with the next look.
  await until(() => first.told.length > 0 && other.told.length > 0);
  t.deepEqual([first.told, other.told], [['b'], ['a']]);
  await other.go();
  await first.go();
  t.deepEqual(readdirSync(folder), []);
  const last = await startMachine(t, folder, 'boot-3', 'b');
  t.deepEqual(last.told, []);
});

test('a folder that cannot be written tells nothing, and does no harm', async (t) => {
  const { told, go } = await startMachine(t, '/proc/nowhere', 'boot', 'a');
  await t.notThrowsAsync(go);
  t.deepEqual(told, []);
});
