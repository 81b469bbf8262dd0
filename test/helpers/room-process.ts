import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { root } from './program.ts';

/** A server of real rooms, kept in LMDB, in a process of its own that keeps its port and its log when it is killed and started again. */
export class RoomProcess {
  port = 0;
  readonly #folder = mkdtempSync(join(tmpdir(), 'text-event-server-'));
  #child: ChildProcess | undefined;

  get url(): string {
    return `ws://127.0.0.1:${this.port}/`;
  }

  async start(): Promise<this> {
    const args = ['--import=tsx', join(root, 'test/helpers/room-child.ts'), String(this.port), this.#folder];
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    this.#child = child;
    const [line] = await once(child.stdout ?? child, 'data');
    this.port = Number(String(line));
    return this;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** One that ends with the test. */
export async function startRoomProcess(t: ExecutionContext): Promise<RoomProcess> {
  const process = new RoomProcess();
  t.teardown(() => process.end());
  return process.start();
}
