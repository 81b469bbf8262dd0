import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from './nginx.ts';
import type { Scope } from './scope.ts';
import { redisServer } from './tools.ts';
import { until } from './until.ts';

/** A real server with a folder and a port of its own, that a test may mistreat. */
export class RedisProcess {
  readonly dir = mkdtempSync(join(tmpdir(), 'text-event-redis-'));
  port = 0;
  /** Its configuration file, where it is to have one. */
  file: string | undefined;
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
    this.#child = spawn(redisServer.path() as string, [...(this.file ? [this.file] : []), ...fixed, ...args], {
      stdio: 'ignore',
    });
    await until(async () => (await answerOf(this.socket, ['PING'])) !== undefined);
  }

  /** Sends a command, and gives what was answered, as it is on the wire. */
  async ask(...command: string[]): Promise<string> {
    return (await answerOf(this.socket, command)) ?? '';
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

/**
 * Starts a sentinel that decides alone, over a master and its replicas; gives its port when it knows the replicas.
 * It lasts as long as the test.
 */
export async function startSentinel(t: Scope, master: RedisProcess): Promise<number> {
  const [port = 0] = await freePorts(1);
  const file = join(master.dir, 'sentinel.conf');
  writeFileSync(
    file,
    `port ${port}
bind 127.0.0.1
dir ${master.dir}
sentinel monitor mymaster 127.0.0.1 ${master.port} 1
sentinel down-after-milliseconds mymaster 500
sentinel failover-timeout mymaster 5000
`,
  );
  const child = spawn(redisServer.path() as string, [file, '--sentinel'], { stdio: 'ignore' });
  t.teardown(async () => {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  });
  const found = async () => (await answerOf(port, ['SENTINEL', 'REPLICAS', 'mymaster'])) ?? '';
  // One whose replication it has not asked about yet is not promoted.
  await until(async () => /master-link-status\r\n\$2\r\nok/.test(await found()));
  return port;
}

/** What a server answers to a command, as it is on the wire; undefined where it does not, or is loading its data. */
async function answerOf(place: string | number, command: readonly string[]): Promise<string | undefined> {
  const socket = typeof place === 'string' ? connect(place) : connect(place, '127.0.0.1');
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
