import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { here } from './contenders.ts';

/** Sees to it that there is something to measure and that this machine can measure it. */
export function prepare(): void {
  if (process.platform !== 'linux') throw new Error('The bench reads CPU time from /proc, so it needs Linux');
  if (availableParallelism() < 2) throw new Error('The bench needs two cores: one for a server, one for the load');
  execFileSync('node', [here('../scripts/ensure-build.js')], { stdio: 'inherit' });
  if (existsSync(here('node_modules/.package-lock.json'))) return;
  process.stdout.write('Installing the other servers in bench/\n');
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: here('.'), stdio: 'inherit' });
}
