import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from './nginx.ts';
import { until } from './server.ts';
import { redisServer } from './tools.ts';

/** A real server with a folder and a port of its own, that a test may mistreat. */
export class RedisProcess {
  readonly dir = mkdtempSync(join(tmpdir(), 'text-event-redis-'));
  port = 0;
  #args: string[] = [];
  #child: ChildProcess | undefined;

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get socket(): string {
    return join(this.dir, 'redis.sock');
  }

  get log(): string {
    return existsSync(join(this.dir, 'log')) ? readFileSync(join(this.dir, 'log'), 'utf8') : '';
  }

  /** @param args such as `--maxmemory 2mb`; without persistence where they do not say otherwise */
  async start(args: readonly string[] = ['--save', '']): Promise<this> {
    this.#args = [...args];
    const [port = 0] = await freePorts(1);
    this.port = port;
    await this.restart();
    return this;
  }

  /** Starts it again as it was, on the same port. */
  async restart(args: readonly string[] = this.#args): Promise<void> {
    const where = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--dir', this.dir, '--unixsocket', this.socket];
    const fixed = [...where, '--logfile', join(this.dir, 'log'), '--enable-debug-command', 'yes'];
    this.#child = spawn(redisServer.path() as string, [...fixed, ...args], { stdio: 'ignore' });
    await until(async () => (await askRedis(this.socket, ['PING'])) !== undefined);
  }

  /** Sends a command, and gives what was answered, as it is on the wire. */
  async ask(...command: string[]): Promise<string> {
    return (await askRedis(this.socket, command)) ?? '';
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  /** Kills it, and takes its folder away. */
  async end(): Promise<void> {
    await this.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Undefined where nobody answers, or not yet. @param where the port of this machine, or the path of a socket */
export async function askRedis(where: number | string, command: readonly string[]): Promise<string | undefined> {
  const socket = typeof where === 'number' ? connect(where, '127.0.0.1') : connect(where);
  try {
    socket.on('error', () => {});
    socket.end(`*${command.length}\r\n${command.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join('')}`);
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    return answer === '' || answer.startsWith('-LOADING') ? undefined : answer;
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}
