import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, startNginx } from '../helpers/nginx.ts';
import { BUILT, install } from '../helpers/pm2.ts';
import { root } from '../helpers/program.ts';
import type { Scope } from '../helpers/scope.ts';

/** A running server, however it is run. */
interface Site {
  /** `ws://host:port/` or `wss://…` */
  url: string;
  /** Port of the program itself. */
  port: number;
}

export interface ProgramSite extends Site {
  /** SIGKILL, and at once a new process in its place. */
  kill(): Promise<void>;
  /** SIGTERM, which sends everybody away; when it has ended, a new process in its place. */
  restart(): Promise<void>;
}

export interface Pm2Site extends Site {
  /** `pm2 reload`; resolves when every old process is gone. */
  reload(): Promise<void>;
  reloadNginx(): Promise<void>;
}

/** Everybody is on the loopback here, and comes back at once: what is for hostile strangers would only slow this down. */
const SETTINGS = { MAX_CONNECTIONS_PER_IP: 'off', MESSAGES_PER_SECOND: 'off', BYTES_PER_SECOND: 'off' };

/** The program alone, as `npm start` runs it, on 127.0.0.1 where `HOST` says nothing else. */
export async function startProgram(t: Scope, env: Record<string, string> = {}): Promise<ProgramSite> {
  const dir = mkdtempSync(join(tmpdir(), 'text-event-prove-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const [port] = (await freePorts(1)) as [number];
  let child = await start();
  t.teardown(() => end(child));
  return {
    url: `ws://${env.HOST ?? '127.0.0.1'}:${port}/`,
    port,
    kill: () => renew('SIGKILL'),
    restart: () => renew('SIGTERM'),
  };

  async function start(): Promise<ChildProcess> {
    const started = spawn(process.execPath, [join(root, 'dist/main.js')], {
      cwd: dir,
      env: {
        PATH: process.env.PATH,
        HOST: '127.0.0.1',
        PORT: String(port),
        DATA_DIR: join(dir, 'data'),
        LOG_LEVEL: 'warn',
        ...SETTINGS,
        ...env,
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    await new Promise<void>((resolve, reject) => {
      started.once('message', () => resolve());
      started.once('exit', (code) => reject(new Error(`the program ended with ${code} before it listened`)));
    });
    return started;
  }

  async function renew(signal: NodeJS.Signals): Promise<void> {
    await end(child, signal);
    child = await start();
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  const exited = new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await exited;
}

/** The program under PM2, behind Nginx over wss: as deploy/README.md sets it up. Undefined where there is no Nginx. */
export async function startDeployment(t: Scope, instances: number): Promise<Pm2Site | undefined> {
  const site = await install(t, BUILT, { ...SETTINGS, INSTANCES: String(instances), LOG_LEVEL: 'warn' });
  const { code, output } = await site.pm2('start');
  if (code !== 0) throw new Error(output);
  const nginx = await startNginx(t, { upstream: site.socketPath });
  if (!nginx) return undefined;
  const workers = async () => JSON.parse((await site.pm2('jlist')).output.replace(/^[^[]*/, '')) as { pid: number }[];
  return {
    url: nginx.wss,
    port: site.port,
    async reload() {
      const before = (await workers()).map(({ pid }) => pid);
      const reloaded = await site.pm2('reload', 'text-event-server');
      if (reloaded.code !== 0) throw new Error(reloaded.output);
      const left = before.filter((pid) => site.processes().includes(pid));
      if (left.length > 0) throw new Error(`after the reload ${left.length} of the old processes are still there`);
    },
    reloadNginx: () => nginx.reload(),
  };
}
