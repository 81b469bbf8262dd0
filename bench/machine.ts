import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import { type Contender, here } from './contenders.ts';

/** What a reader must know of the machine to make sense of the figures, by name. */
export function describeMachine(contenders: readonly Contender[]): Record<string, string> {
  const cpus = os.cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    CPU: `${cpus[0]?.model.trim()}, ${cpus.length} cores`,
    memory: `${(os.totalmem() / 2 ** 30).toFixed(0)} GiB`,
    kernel: `${os.type()} ${os.release()}`,
    'Node.js': process.versions.node,
    ...Object.fromEntries(contenders.map((contender) => [contender.label, versionOf(contender)])),
    'bufferutil, which ws uses where it is': bufferutil(),
  };
}

function versionOf(contender: Contender): string {
  const file = here(contender.package ? `node_modules/${contender.package}/package.json` : '../package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : 'not installed';
}

/** The `websocket` package brings it; ws finds it beside itself and then masks in C. */
function bufferutil(): string {
  const requireAsWs = createRequire(here('node_modules/ws/index.js'));
  try {
    return String(requireAsWs('bufferutil').mask).includes('[native code]') ? 'loaded' : 'not loaded (no binary)';
  } catch {
    return 'not installed';
  }
}
