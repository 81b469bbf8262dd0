// Everything that must hold before a change lands: npm test. It installs what is missing of the real parts where it can.
import { spawn, spawnSync } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { tools } from '../test/helpers/tools.ts';

const steps = [
  ['npm', 'run', '--silent', 'lint'],
  ['npm', 'run', '--silent', 'types'],
  ['npm', 'run', '--silent', 'unused'],
  ['npm', 'run', '--silent', 'package'],
];

/** AVA prints a line per test; its own totals leave out the passed ones when any has failed. */
const PASSED = /^\s*✔ /gm;
const FAILED = /^\s*✘ /gm;
const SKIPPED = /^\s*- \[skip\]/gm;

installTools();
let failed = run(['node', 'scripts/ensure-build.js']) ? 0 : 1;
let passed = 1 - failed;
if (failed === 0) {
  for (const step of steps) {
    process.stdout.write(`\n> ${step.join(' ')}\n`);
    if (run(step)) passed++;
    else failed++;
  }
  const { code, output } = await runAva(process.argv.slice(2));
  const count = (pattern: RegExp) => output.match(pattern)?.length ?? 0;
  passed += count(PASSED);
  // AVA can fail without a failed test, such as when a file has none.
  failed += code === 0 ? 0 : Math.max(1, count(FAILED));
  if (count(SKIPPED) > 0) process.stdout.write(`${count(SKIPPED)} skipped\n`);
}
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

function run([command = '', ...args]: string[]): boolean {
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0;
}

/** Runs AVA, shows what it prints as it comes, and keeps it to count. */
async function runAva(args: string[]): Promise<{ code: number | null; output: string }> {
  const ava = spawn('npx', ['ava', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  ava.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
    process.stdout.write(text);
  });
  const code = await new Promise<number | null>((resolve) => ava.once('close', resolve));
  return { code, output: stripVTControlCharacters(output) };
}

function installTools(): void {
  const packages = tools.filter(({ path }) => path() === undefined).map(({ aptPackage }) => aptPackage);
  if (packages.length === 0) return;
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const apt = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq'];
  process.stdout.write(`Installing ${packages.join(', ')} for the tests with apt-get.\n`);
  if (!quietly([...apt, 'update']) || !quietly([...apt, 'install', '-y', '--no-install-recommends', ...packages])) {
    process.stdout.write(`That did not work. To run all tests: sudo apt-get install ${packages.join(' ')}\n`);
  }
}

function quietly([command = '', ...args]: string[]): boolean {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) process.stdout.write(`${stdout ?? ''}${stderr ?? ''}`);
  return status === 0;
}
