import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';

const script = fileURLToPath(new URL('log-process.ts', import.meta.url));

/** A process that has a log open. */
export class LogChild {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown>;
  /** Texts of acknowledged appends, by offset. */
  readonly acknowledged = new Map<number, string>();
  /** The newest head that it was told of, by room. */
  readonly heads = new Map<string, number>();

  constructor(t: ExecutionContext, folder: string) {
    this.child = fork(script, [folder], { execArgv: ['--import=tsx'] });
    this.exited = once(this.child, 'exit');
    t.teardown(() => this.kill());
    this.child.on('message', (message: { acknowledged?: [number, string]; grown?: [string, number] }) => {
      if (message.acknowledged) this.acknowledged.set(...message.acknowledged);
      // What others append is told on its own way, and may come before the child's own of before it.
      const [room, head] = message.grown ?? [];
      if (room !== undefined && head !== undefined) this.heads.set(room, Math.max(head, this.heads.get(room) ?? 0));
    });
  }

  async ready(): Promise<this> {
    await once(this.child, 'message');
    return this;
  }

  append(room: string, name: string, count: number): void {
    this.child.send({ append: [room, name, count] });
  }

  /** Ends it at once, wherever it is. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  async close(): Promise<void> {
    this.child.send({ close: true });
    await this.exited;
  }
}
