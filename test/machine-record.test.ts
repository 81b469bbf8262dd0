import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { recordMachine } from '../src/machine-record.ts';
import { startProgram } from './helpers/program.ts';

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

test('a machine that was started anew is the same one, and one with another name is another', (t) => {
  const folder = join(tempDir(t), 'machines');
  const first = recordMachine(folder, 'boot-1', 'a');
  t.teardown(first.leave);
  const again = recordMachine(folder, 'boot-2', 'a');
  t.is(again.other, undefined);
  again.leave();
  const other = recordMachine(folder, 'boot-3', 'b');
  t.is(other.other, 'a');
  other.leave();
  first.leave();
  t.is(recordMachine(folder, 'boot-3', 'b').other, undefined);
});

test('a folder that cannot be written tells nothing, and does no harm', (t) => {
  const record = recordMachine('/proc/nowhere', 'boot', 'a');
  t.is(record.other, undefined);
  t.notThrows(record.leave);
});
