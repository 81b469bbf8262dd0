import { writeSync } from 'node:fs';

/** What may wait for an output that takes nothing, in bytes; lines beyond it are lost. */
const MAX_WAITING_BYTES = 1024 * 1024;
const RETRY_MS = 100;
/** How long an exit waits for a reader that is slow. */
const EXIT_MS = 500;

/**
 * Standard output for log lines. A full disk, or a reader that stands still or is gone, costs lines and never the server:
 * nothing throws, nothing waits for ever, neither while it serves nor at the exit.
 */
export class LogOutput {
  readonly #fd: number;
  #waiting = Buffer.alloc(0);
  #retry: NodeJS.Timeout | undefined;

  constructor(fd: number) {
    this.#fd = fd;
    process.once('exit', () => this.#flushForExit());
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#waiting.length + bytes.length > MAX_WAITING_BYTES) return;
    this.#waiting = this.#waiting.length === 0 ? bytes : Buffer.concat([this.#waiting, bytes]);
    if (this.#retry === undefined) this.#flush();
  }

  #flush(): void {
    this.#retry = undefined;
    if (this.#takeAll()) return;
    this.#retry = setTimeout(() => this.#flush(), RETRY_MS);
    this.#retry.unref();
  }

  #flushForExit(): void {
    const late = Date.now() + EXIT_MS;
    const asleep = new Int32Array(new SharedArrayBuffer(4));
    while (!this.#takeAll() && Date.now() < late) Atomics.wait(asleep, 0, 0, 10);
  }

  /** @returns false where something is left */
  #takeAll(): boolean {
    try {
      while (this.#waiting.length > 0) this.#waiting = this.#waiting.subarray(writeSync(this.#fd, this.#waiting));
    } catch {
      // EAGAIN, ENOSPC, EPIPE: it may be better later, but for the last.
    }
    return this.#waiting.length === 0;
  }
}
