import { run } from '../rooms/servers.ts';

/** A server, one or more processes of it, and the Redis that they share. */
export interface Setup {
  /** Its name in the report. */
  id: string;
  label: string;
  /** The contender that it is one of. */
  contender: string;
  command: readonly [string, ...string[]];
  dialect: 'text' | 'socket.io';
  processes: number;
  /** Arguments of redis-server; none is started without. */
  redis?: readonly string[];
}

const everysec = ['--appendonly', 'yes', '--appendfsync', 'everysec'];
const always = ['--appendonly', 'yes', '--appendfsync', 'always'];

const ours = { contender: 'text-event-server', command: run('../dist/main.js'), dialect: 'text' } as const;
const socketIo = { contender: 'socket.io', command: run('redis/servers/socket.io.js'), dialect: 'socket.io' } as const;

export const setups: readonly Setup[] = [
  { ...ours, id: 'lmdb', label: 'LMDB', processes: 1 },
  { ...ours, id: 'one', label: 'Redis', processes: 1, redis: everysec },
  { ...ours, id: 'two', label: 'Redis, two processes', processes: 2, redis: everysec },
  { ...ours, id: 'always', label: 'Redis, `appendfsync always`', processes: 1, redis: always },
  { ...socketIo, id: 'socket.io', label: 'Socket.IO', processes: 1, redis: everysec },
  { ...socketIo, id: 'socket.io-two', label: 'Socket.IO, two processes', processes: 2, redis: everysec },
];
