import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { type Contender, here } from './contenders.ts';
import type { Target } from './load/task.ts';

export const [SERVER_CORE, LOAD_CORE] = ['0', '1'];
const LOAD_TIMEOUT = 180_000;

type ServerChild = ChildProcessByStdio<Writable, Readable, Readable | null>;

/**
 * Starts a contender anew on one core, puts a task to it from another, and ends it.
 * @param load the program of the load: it is given the task with its target as JSON, and its answer is one line of JSON
 */
export async function measure(contender: Contender, load: string, work: object): Promise<unknown> {
  const { command, dialect } = contender;
  const env = { ...process.env, ...contender.env };
  const server = spawn('taskset', ['-c', SERVER_CORE, ...command], { stdio: ['pipe', 'pipe', 'pipe'], env });
  let complaint = '';
  server.stderr.setEncoding('utf8').on('data', (text) => {
    complaint = (complaint + text).slice(0, 2000);
  });
  const ended = once(server, 'close');
  try {
    const port = await portOf(server);
    // taskset becomes the server: it has its pid.
    return await runLoad(load, { ...work, target: { port, pid: server.pid as number, dialect } });
  } catch (error) {
    const { stderr, killed, message } = error as Error & { stderr?: string; killed?: boolean };
    if (killed) throw new Error(`not done after ${LOAD_TIMEOUT / 1000} s`);
    const reason = reasonOf(complaint) ?? reasonOf(stderr) ?? message;
    // Where this clone lies is nobody's business in the docs.
    throw new Error(reason.replaceAll(here('.'), 'bench/'));
  } finally {
    server.kill('SIGKILL');
    await ended;
  }
}

/** Runs the program of a load on its core; its answer is one line of JSON. */
export async function runLoad(load: string, task: { target: Target }): Promise<unknown> {
  const args = ['-c', LOAD_CORE, process.execPath, '--import=tsx', load, JSON.stringify(task)];
  const { stdout } = await promisify(execFile)('taskset', args, { timeout: LOAD_TIMEOUT });
  return JSON.parse(stdout);
}

/** A contender prints its port; the program prints its address, among other lines. */
export function portOf(server: ServerChild): Promise<number> {
  return new Promise((resolve, reject) => {
    let printed = '';
    server.stdout.setEncoding('utf8').on('data', (text) => {
      printed = (printed + text).slice(0, 2000);
      const port = /(?:^|ws:\S+:)(\d+)\/?\n/.exec(printed)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    server.once('error', reject);
    server.once('close', (code, signal) => reject(new Error(`the server ended with ${signal ?? code}`)));
  });
}

/** The line of an error's output that says what it is. */
function reasonOf(output = ''): string | undefined {
  return output.match(/^.*(?:error|failed|not found|no such|illegal).*$/im)?.[0].trim();
}
