// The load, in a process and on a core of its own. Told what to do by one JSON argument, it answers with one JSON line.
import { growth, handshake, idle } from './connections.ts';
import { broadcast, echo } from './messages.ts';
import { ServerProcess } from './server-process.ts';
import type { Answer, Task } from './task.ts';

const kinds: Record<Task['kind'], (task: Task, server: ServerProcess) => Promise<Answer>> = {
  echo: async (task, server) => ({ messages: await echo(task, server) }),
  broadcast: async (task, server) => ({ messages: await broadcast(task, server) }),
  handshake: async (task, server) => ({ handshakes: await handshake(task, server) }),
  idle: async (task, server) => ({ idle: await idle(task, server) }),
  growth,
};

const task: Task = JSON.parse(process.argv[2] ?? '');
const answer = await kinds[task.kind](task, new ServerProcess(task.target.pid));
process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));
