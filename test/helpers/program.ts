import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Program {
  child: ChildProcess;
  /** `http://127.0.0.1:<port>/` */
  url: string;
  /** `ws://127.0.0.1:<port>/` */
  ws: string;
  port: number;
  /** What it has printed so far, both streams. */
  output(): string;
  /** Resolves when what it has printed matches; rejects when it ends before. */
  printedLine(pattern: RegExp): Promise<RegExpMatchArray>;
  exited: Promise<Exit>;
  /** Sends a signal, SIGTERM where none is named, and waits for the exit. */
  stop(signal?: NodeJS.Signals): Promise<Exit>;
}

/** Starts the built program and lets it end by itself; for mistakes in its settings. */
export function runProgram(
  t: ExecutionContext,
  env: Record<string, string> = {},
  args: string[] = [],
  spawnOptions = {},
) {
  const dataDir = mkdtempSync(join(tmpdir(), 'text-event-server-'));
  const child = spawn(process.execPath, [join(root, 'dist/main.js'), ...args], {
    // Not in the project's folder: a developer's .env must not reach the tests.
    cwd: dataDir,
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', DATA_DIR: dataDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    ...spawnOptions,
  });
  let printed = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => {
      printed += text;
      for (const listener of listeners) listener();
    });
  }
  const exited = new Promise<Exit>((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  t.teardown(async () => {
    child.kill('SIGKILL');
    await exited;
    rmSync(dataDir, { recursive: true, force: true });
  });
  const output = () => printed;
  /** Resolves when what was printed matches; rejects with all of it when the program ends before. */
  const printedLine = (pattern: RegExp) =>
    new Promise<RegExpMatchArray>((resolve, reject) => {
      const look = () => {
        const match = printed.match(pattern);
        if (match) resolve(match);
      };
      listeners.add(look);
      void exited.then(() => reject(new Error(`The program ended without printing ${pattern}:\n${printed}`)));
      look();
    });
  return { child, output, exited, printedLine };
}

/** Starts the built program on a free port of 127.0.0.1 and waits until it listens. */
export async function startProgram(t: ExecutionContext, env: Record<string, string> = {}): Promise<Program> {
  const { child, output, exited, printedLine } = runProgram(t, env);
  const [, authority] = await printedLine(/ws:\/\/([^/"]+:\d+)\//);
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    return exited;
  };
  const port = Number(authority?.split(':').at(-1));
  const url = `http://${authority}/`;
  return { child, url, ws: `ws://${authority}/`, port, output, printedLine, exited, stop };
}
