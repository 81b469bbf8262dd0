import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { until } from './server.ts';
import { missing, tmux } from './tools.ts';

export interface Terminal {
  /** What it shows now, without spaces at the ends of lines. */
  screen(): string;
  /** Waits until it shows something. */
  shows(pattern: RegExp): Promise<void>;
  /** Types a line and Enter. */
  type(line: string): void;
  /** Presses a key, by its name in tmux: `C-c`, `C-d`, `Enter`. */
  press(key: string): void;
}

/**
 * Runs a command in a real terminal of 100 × 30, by a tmux of its own; its exit code is shown as `exit code 0`.
 * Undefined where there is no tmux: the test has been left out in plain sight and should return.
 */
export function openTerminal(t: ExecutionContext, command: string[]): Terminal | undefined {
  if (missing(t, tmux)) return undefined;
  const dir = mkdtempSync(join(tmpdir(), 'text-event-terminal-'));
  const run = (...args: string[]) =>
    execFileSync(tmux.path() as string, ['-u', '-S', join(dir, 'socket'), '-f', '/dev/null', ...args], {
      encoding: 'utf8',
      env: { ...process.env, TMUX: '', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' },
    });
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  // The shell stays, so that what was shown last can be read.
  run('new-session', '-d', '-x', '100', '-y', '30', `${quoted}; echo exit code $?; exec sleep 600`);
  t.teardown(() => {
    run('kill-server');
    rmSync(dir, { recursive: true, force: true });
  });
  const screen = () => run('capture-pane', '-p').trimEnd();
  return {
    screen,
    shows: (pattern) => until(() => pattern.test(screen())),
    type(line) {
      run('send-keys', '-l', line);
      run('send-keys', 'Enter');
    },
    press: (key) => run('send-keys', key),
  };
}
