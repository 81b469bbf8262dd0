import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Measured } from './task.ts';

const POLL_MS = 10;
const QUIET_MS = 300;

/** The process under load, seen from outside through /proc: every contender is measured with the same ruler. */
export class ServerProcess {
  readonly #pid: number;
  readonly #others: readonly number[];

  /** @param others more processes of the same server, whose CPU time is added */
  constructor(pid: number, others: readonly number[] = []) {
    this.#pid = pid;
    this.#others = others;
  }

  /** Takes the server's CPU time, memory and the clock before and after some work. */
  async during(work: () => Promise<number>): Promise<Measured> {
    const memory = this.memory();
    const [cpu, start] = [this.cpu(), performance.now()];
    const count = await work();
    return {
      count,
      cpu: this.cpu() - cpu,
      wall: (performance.now() - start) * 1000,
      memory: this.memory() - memory,
    };
  }

  /**
   * CPU time of all threads, in microseconds: garbage collection and Bun's helpers count.
   * The scheduler's own count is exact, unlike the ticks of 10 ms in /proc/<pid>/stat.
   */
  cpu(): number {
    let nanoseconds = 0;
    for (const pid of [this.#pid, ...this.#others]) {
      for (const thread of readdirSync(`/proc/${pid}/task`)) {
        nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
      }
    }
    return nanoseconds / 1000;
  }

  /** Resident memory, in KiB. */
  memory(): number {
    return Number(this.#read('status').match(/VmRSS:\s+(\d+)/)?.[1]);
  }

  /** Resident memory without the pages of files, in KiB: those of a store are the kernel's to give and take. */
  ownMemory(): number {
    return Number(this.#read('status').match(/RssAnon:\s+(\d+)/)?.[1]);
  }

  /** Has the garbage collected, and waits until that is done. See servers/preload.js. */
  async collect(): Promise<void> {
    process.kill(this.#pid, 'SIGUSR2');
    await this.quiet();
  }

  /** Waits until the server has done next to nothing for a while; returns when it was last busy. */
  async quiet(): Promise<number> {
    let busyAt = performance.now();
    for (let before = this.cpu(); performance.now() - busyAt < QUIET_MS; ) {
      await delay(POLL_MS);
      const now = this.cpu();
      // Timers of idle connections cost less than a twentieth of the core.
      if (now - before > POLL_MS * 50) busyAt = performance.now();
      before = now;
    }
    return busyAt;
  }

  #read(file: string): string {
    return readFileSync(`/proc/${this.#pid}/${file}`, 'utf8');
  }
}
