import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Measured, Task } from './load.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export interface Contender {
  name: string;
  file: string;
  command: string;
  dialect: Task['dialect'];
}

const node = (name: string, dialect: Task['dialect'] = 'text'): Contender => ({
  name,
  file: `servers/${name}.js`,
  command: process.execPath,
  dialect,
});

/** Who is measured; ours first. */
export const contenders: readonly Contender[] = [
  node('text-event-server'),
  node('ws'),
  node('nodejs-websocket'),
  node('websocket'),
  node('socket.io', 'socket.io'),
  { name: 'bun', file: 'servers/bun.js', command: here('node_modules/@oven/bun-linux-x64/bin/bun'), dialect: 'text' },
];

/** Runs a command on one core. */
const pinned = (core: number, command: string, args: string[]): [string, string[]] => [
  'taskset',
  ['-c', String(core), command, ...args],
];

/** Starts a contender anew on core 0, puts one task to it from core 1, and ends it. */
export async function measure(contender: Contender, task: Omit<Task, 'port' | 'pid' | 'dialect'>): Promise<Measured> {
  const server = spawn(...pinned(0, contender.command, [here(contender.file)]), {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH },
  });
  try {
    const port = await portOf(server);
    const full: Task = { ...task, port, pid: server.pid as number, dialect: contender.dialect };
    const [command, args] = pinned(1, process.execPath, ['--import=tsx', here('load.ts'), JSON.stringify(full)]);
    return JSON.parse(execFileSync(command, args, { encoding: 'utf8', timeout: 120_000 }));
  } finally {
    server.kill('SIGKILL');
    await once(server, 'close');
  }
}

async function portOf(server: ChildProcess): Promise<number> {
  const ended = once(server, 'close').then(() => Promise.reject(new Error('the server ended')));
  const [line] = await Promise.race([once(server.stdout as NodeJS.ReadableStream, 'data'), ended]);
  ended.catch(() => {});
  return Number(line);
}
