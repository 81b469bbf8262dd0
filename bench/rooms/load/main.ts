// The load of rooms, in a process and on a core of its own. Told what to do by one JSON argument, it answers with one JSON line.
import { ServerProcess } from '../../load/server-process.ts';
import { fanOut } from './fan-out.ts';
import { publish } from './publish.ts';
import { rejoin } from './rejoin.ts';
import { comeBack } from './return.ts';
import { standstill } from './standstill.ts';
import type { RoomAnswer, RoomTask } from './task.ts';

const kinds: Record<RoomTask['kind'], (task: RoomTask, server: ServerProcess) => Promise<RoomAnswer>> = {
  'fan-out': fanOut,
  publish,
  rejoin,
  return: comeBack,
  standstill,
};

const task: RoomTask = JSON.parse(process.argv[2] ?? '');
const others = (task.others ?? []).map(({ pid }) => pid);
const answer = await kinds[task.kind](task, new ServerProcess(task.target.pid, others));
process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));
