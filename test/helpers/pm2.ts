import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from './nginx.ts';
import { root as projectRoot } from './program.ts';
import type { Scope } from './scope.ts';
import { until } from './until.ts';

export interface Outcome {
  code: number | null;
  /** Both streams, in no certain order. */
  output: string;
}

/** Runs a command to its end; what it exits with is for the test to judge. */
export function execute(command: string, args: string[], options: object = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(command, args, { encoding: 'utf8', ...options }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : null) : 0;
      resolve({ code, output: `${stdout}${stderr}` });
    });
  });
}

interface Health {
  pid: number;
  version: string;
}

/** A copy of this project in a folder of its own, with a PM2 of its own. */
export interface Installation {
  root: string;
  port: number;
  url: string;
  ws: string;
  socketPath: string;
  run(command: string, ...args: string[]): Promise<Outcome>;
  pm2(...args: string[]): Promise<Outcome>;
  /** What the program says of itself. */
  health(): Promise<Health>;
  /** Waits until the program answers as another process than that one, which must be within some seconds. */
  successorOf(pid: number): Promise<Health>;
  /** Processes that run in this installation, its PM2 among them. */
  processes(): number[];
}

/** What `npx pm2 start` needs. */
export const BUILT = ['ecosystem.config.js', 'deploy', 'package.json', 'dist'];
/** What the build needs. */
export const SOURCES = [
  'ecosystem.config.js',
  'deploy',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'src',
  'client',
];

/** Copies parts of this project; nothing is started. What gets started in it ends with the test. */
export async function install(t: Scope, parts: string[], settings: Record<string, string> = {}): Promise<Installation> {
  const dir = mkdtempSync(join(tmpdir(), 'text-event-pm2-'));
  const root = join(dir, 'site');
  copyProject(root, parts);
  const [port] = (await freePorts(1)) as [number];
  const socketPath = join(dir, 'server.sock');
  const env = {
    PATH: `${join(projectRoot, 'node_modules/.bin')}:${process.env.PATH}`,
    HOME: dir,
    PM2_HOME: join(dir, 'pm2'),
    PM2_DISABLE_VERSION_CHECK: '1',
    HOST: '127.0.0.1',
    PORT: String(port),
    SOCKET_PATH: socketPath,
    TRUST_PROXY: 'loopback',
    DATA_DIR: join(dir, 'data'),
    ...settings,
  };
  const run = (command: string, ...args: string[]) => execute(command, args, { cwd: root, env });
  const pm2 = (...args: string[]) => run('pm2', ...args);
  const processes = () => processesWith(`PM2_HOME=${env.PM2_HOME}`);
  // A connection that the cluster hands to a process as that is killed is never answered; on a busy machine others wait.
  const health = async (patience = 2_000): Promise<Health> => {
    try {
      const signal = AbortSignal.timeout(patience);
      const response = await fetch(`http://127.0.0.1:${port}/healthz`, { headers: { connection: 'close' }, signal });
      return (await response.json()) as Health;
    } catch (error) {
      if ((error as Error).name !== 'TimeoutError' || patience > 30_000) throw error;
      return health(2 * patience);
    }
  };
  t.teardown(async () => {
    await pm2('kill');
    for (const pid of processes()) process.kill(pid, 'SIGKILL');
    await until(() => processes().length === 0);
    rmSync(dir, { recursive: true, force: true });
  });
  return {
    root,
    port,
    url: `http://127.0.0.1:${port}/`,
    ws: `ws://127.0.0.1:${port}/`,
    socketPath,
    run,
    pm2,
    health,
    processes,
    async successorOf(pid) {
      for (;;) {
        const found = await health().catch(() => undefined);
        if (found && found.pid !== pid) return found;
        await delay(20);
      }
    },
  };
}

/** Copies parts of this project to a folder; packages are shared with it. */
export function copyProject(folder: string, parts: string[]): void {
  for (const part of parts) cpSync(join(projectRoot, part), join(folder, part), { recursive: true });
  symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'));
}

function processesWith(variable: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(variable);
      } catch {
        // It has ended meanwhile, or belongs to someone else.
        return false;
      }
    })
    .map(Number);
}
