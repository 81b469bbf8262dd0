import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type Exit, root } from './program.ts';
import { until } from './server.ts';

export const bin = join(root, 'dist/cli/main.js');

export interface Running {
  child: ChildProcess;
  stdout(): string;
  stderr(): string;
  exited: Promise<Exit>;
  /** Waits until standard output, or else standard error, matches; fails with both when the command ends before. */
  printed(pattern: RegExp): Promise<void>;
}

/** Starts `text-event-server …` as built; standard input stays open until the test ends it. */
export function startCommand(t: ExecutionContext, ...args: string[]): Running {
  return startCommandWith(t, {}, ...args);
}

/** The same with variables. */
function startCommandWith(t: ExecutionContext, env: Record<string, string>, ...args: string[]): Running {
  const child = spawn(process.execPath, [bin, ...args], { cwd: tmpdir(), env: { PATH: process.env.PATH, ...env } });
  const printedTo = { stdout: '', stderr: '' };
  let over = false;
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text) => {
      printedTo[name] += text;
    });
  }
  // What is typed when the command has already ended is lost, as in a shell.
  child.stdin.on('error', () => {});
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => {
      over = true;
      resolve({ code, signal });
    });
  });
  t.teardown(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  return {
    child,
    stdout: () => printedTo.stdout,
    stderr: () => printedTo.stderr,
    exited,
    async printed(pattern) {
      const matches = () => pattern.test(printedTo.stdout) || pattern.test(printedTo.stderr);
      await until(() => matches() || over);
      if (!matches()) throw new Error(`ended without ${pattern}:\n${printedTo.stdout}${printedTo.stderr}`);
    },
  };
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `text-event-server …` to its end, with this as its standard input. */
export async function runCommand(
  t: ExecutionContext,
  args: string[],
  input = '',
  env: Record<string, string> = {},
): Promise<Ended> {
  const { child, exited, stdout, stderr } = startCommandWith(t, env, ...args);
  child.stdin?.end(input);
  const { code } = await exited;
  return { code, stdout: stdout(), stderr: stderr() };
}
