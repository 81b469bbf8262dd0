import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Contender, here, preload } from '../contenders.ts';
import { measure } from '../measure.ts';
import type { RoomAnswer, RoomTask } from './load/task.ts';

export type RoomWork = Omit<RoomTask, 'target'>;

/** As shipped, but for the limits, which are above the load, and for lines in the log. */
export const settings = {
  NODE_ENV: 'development',
  LOG_LEVEL: 'silent',
  HOST: '127.0.0.1',
  PORT: '0',
  MESSAGES_PER_SECOND: 'off',
  BYTES_PER_SECOND: 'off',
  MAX_CONNECTIONS_PER_IP: 'off',
  MAX_HTTP_CONNECTIONS: 'off',
};

/** The command line that starts a script of the bench. */
export const run = (script: string) => [process.execPath, '--expose-gc', '--import', preload, here(script)] as const;

/** Who has rooms, by the names of the contenders. */
const commands: Readonly<Record<string, Contender['command']>> = {
  'text-event-server': run('../dist/main.js'),
  'socket.io': run('rooms/servers/socket.io.js'),
};

/** The program in cluster mode, to be reloaded. */
const reloading = run('rooms/servers/reloading.js');

export function hasRooms({ id }: Contender): boolean {
  return commands[id] !== undefined;
}

/** Starts a contender anew in a folder of its own and puts a task to it. */
export async function loadRooms(contender: Contender, work: RoomWork): Promise<RoomAnswer> {
  const command = work.kind === 'return' ? reloading : (commands[contender.id] as Contender['command']);
  const dataDir = mkdtempSync(join(tmpdir(), 'text-event-server-bench-'));
  // A reader that stands still answers no pings, and shall not be closed for that.
  const env = { ...settings, DATA_DIR: dataDir, ...(work.kind === 'standstill' && { PING_INTERVAL: 'off' }) };
  try {
    return (await measure({ ...contender, command, env }, here('rooms/load/main.ts'), work)) as RoomAnswer;
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}
