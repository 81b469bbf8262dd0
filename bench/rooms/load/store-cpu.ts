import { ServerProcess } from '../../load/server-process.ts';

/** The CPU time that a store takes between two marks, in microseconds; 0 where there is none beside the server. */
export class StoreCpu {
  used = 0;
  readonly #process: ServerProcess | undefined;
  #before: number | undefined;

  constructor(pid: number | undefined) {
    this.#process = pid === undefined ? undefined : new ServerProcess(pid);
  }

  /** @returns what it was given, for a count that is taken at the same moments */
  mark(count: number): number {
    const now = this.#process?.cpu() ?? 0;
    this.used = now - (this.#before ?? now);
    this.#before = now;
    return count;
  }
}
