import { fileURLToPath } from 'node:url';
import type { Dialect } from './load/task.ts';

export interface Contender {
  /** Its name in options and file names. */
  id: string;
  /** Its name in tables. */
  label: string;
  /** Its folder in bench/node_modules; none for ours. */
  package?: string | undefined;
  dialect: Dialect;
  /** The command line that starts its server, which prints its port. */
  command: readonly [string, ...string[]];
  /** Its settings, beside the environment of the bench. */
  env?: Readonly<Record<string, string>>;
}

export const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const preload = here('servers/preload.js');

function node(id: string, options: Partial<Contender> = {}): Contender {
  const command = [process.execPath, '--expose-gc', '--import', preload, here(`servers/${id}.js`)] as const;
  return { id, label: id, package: id, dialect: 'text', command: [...command], ...options };
}

/** Who is measured; ours first. */
export const contenders: readonly Contender[] = [
  { ...node('text-event-server'), package: undefined },
  node('ws'),
  node('nodejs-websocket'),
  node('websocket'),
  node('socket.io', { label: 'Socket.IO', dialect: 'socket.io' }),
  {
    id: 'bun',
    label: 'Bun',
    package: '@oven/bun-linux-x64',
    dialect: 'text',
    command: [here('node_modules/@oven/bun-linux-x64/bin/bun'), '--preload', preload, here('servers/bun.js')],
  },
];
