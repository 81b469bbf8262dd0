import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { type Contender, here } from './contenders.ts';
import type { Answer, Task } from './load/task.ts';

const [SERVER_CORE, LOAD_CORE] = ['0', '1'];
const LOAD_TIMEOUT = 180_000;

type ServerChild = ChildProcessByStdio<Writable, Readable, Readable>;
export type Work = Omit<Task, 'target'>;

/** Starts a contender anew on one core, puts a task to it from another, and ends it. */
export async function measure({ command, dialect }: Contender, work: Work): Promise<Answer> {
  const server = spawn('taskset', ['-c', SERVER_CORE, ...command], { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  server.stderr.setEncoding('utf8').on('data', (text) => {
    complaint = (complaint + text).slice(0, 2000);
  });
  const ended = once(server, 'close');
  try {
    const port = await portOf(server);
    // taskset becomes the server: it has its pid.
    return await runLoad({ ...work, target: { port, pid: server.pid as number, dialect } });
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

async function runLoad(task: Task): Promise<Answer> {
  const args = ['-c', LOAD_CORE, process.execPath, '--import=tsx', here('load/main.ts'), JSON.stringify(task)];
  const { stdout } = await promisify(execFile)('taskset', args, { timeout: LOAD_TIMEOUT });
  return JSON.parse(stdout);
}

function portOf(server: ServerChild): Promise<number> {
  return new Promise((resolve, reject) => {
    server.stdout.once('data', (line) => resolve(Number(line)));
    server.once('error', reject);
    server.once('close', (code, signal) => reject(new Error(`the server ended with ${signal ?? code}`)));
  });
}

/** The line of an error's output that says what it is. */
function reasonOf(output = ''): string | undefined {
  return output.match(/^.*(?:error|failed|not found|no such|illegal).*$/im)?.[0].trim();
}
