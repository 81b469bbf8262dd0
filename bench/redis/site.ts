import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { here } from '../contenders.ts';
import { LOAD_CORE, portOf, runLoad, SERVER_CORE } from '../measure.ts';
import type { RoomAnswer, RoomTask } from '../rooms/load/task.ts';
import { settings } from '../rooms/servers.ts';
import type { Setup } from './setups.ts';

/** What `redis-server --version` says; undefined where it is not installed. */
export const redisVersion = /v=(\S+)/.exec(spawnSync('redis-server', ['--version'], { encoding: 'utf8' }).stdout)?.[1];

/** Starts a setup anew, its processes on one core, Redis and the load on the other, and puts a task to it. */
export async function loadSite(setup: Setup, work: Omit<RoomTask, 'target'>): Promise<RoomAnswer> {
  const dir = mkdtempSync(join(tmpdir(), 'text-event-server-bench-'));
  const children: ChildProcess[] = [];
  try {
    const redis = setup.redis && (await startRedis(dir, setup.redis, children));
    const env = { ...process.env, ...settings, DATA_DIR: join(dir, 'data'), ...(redis && { REDIS_URL: redis.url }) };
    const targets = [];
    for (let i = 0; i < setup.processes; i++) {
      const child = spawn('taskset', ['-c', SERVER_CORE, ...setup.command], { stdio: ['pipe', 'pipe', 'ignore'], env });
      children.push(child);
      targets.push({ port: await portOf(child), pid: child.pid as number, dialect: setup.dialect });
    }
    const [target, ...others] = targets;
    const task = { ...work, others, ...(redis && { store: redis.pid }) };
    return (await runLoad(here('rooms/load/main.ts'), {
      ...task,
      target: target as NonNullable<typeof target>,
    })) as RoomAnswer;
  } finally {
    for (const child of children) await end(child);
    rmSync(dir, { recursive: true, force: true });
  }
}

async function startRedis(dir: string, args: readonly string[], children: ChildProcess[]) {
  const port = await freePort();
  const where = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', dir];
  const child = spawn('taskset', ['-c', LOAD_CORE, 'redis-server', ...where, ...args], { stdio: 'ignore' });
  children.push(child);
  const ping = () => spawnSync('redis-cli', ['-p', `${port}`, 'PING'], { encoding: 'utf8' }).stdout;
  for (let tries = 0; ping() !== 'PONG\n'; tries++) {
    if (tries === 100) throw new Error('redis-server does not answer');
    await delay(50);
  }
  return { url: `redis://127.0.0.1:${port}`, pid: child.pid as number };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'close');
  child.kill('SIGKILL');
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
