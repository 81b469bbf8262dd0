import type { ServerProcess } from '../../load/server-process.ts';
import { median } from '../../median.ts';
import { joinRoom } from './member.ts';
import { publishAll } from './publish-all.ts';
import type { RoomAnswer, RoomTask } from './task.ts';

/** Rejoins before the measured ones, so that the server's code for them is compiled. */
const WARM_UP = 3;

/** All that is missed fits, so that the pieces in which it comes are the server's and the network's doing. */
const buffer = Buffer.alloc(1024 * 1024);

/** Somebody leaves, events are published, and the same comes back; each time in another room. */
export async function rejoin(task: RoomTask, server: ServerProcess): Promise<RoomAnswer> {
  const samples = [];
  for (let n = 0; n < WARM_UP + task.clients; n++) samples.push(await once(task, server, `rejoin-${n}`));
  const counted = samples.slice(WARM_UP);
  const of = (key: 'wall' | 'cpu' | 'chunks') => median(counted.map((sample) => sample[key])) ?? Number.NaN;
  return { values: { wall: of('wall'), cpu: of('cpu'), chunks: of('chunks') } };
}

async function once(task: RoomTask, server: ServerProcess, room: string) {
  const { target, missed = 0 } = task;
  const gone = await joinRoom({ target, room });
  await gone.client.drop();
  await publishAll({ target, room, count: missed, text: 'm'.repeat(task.payloadBytes) });
  // Nobody is in the room now, and the server has nothing left to do.
  await server.quiet();
  const [cpu, start] = [server.cpu(), performance.now()];
  const chunks = await comeBack(task, room, gone.place);
  const wall = performance.now() - start;
  return { wall, cpu: (server.cpu() - cpu) / 1000, chunks };
}

/** Resolves when all that was missed has come, with the number of pieces in which it came. */
function comeBack({ target, missed }: RoomTask, room: string, place: Parameters<typeof joinRoom>[0]['place'] & {}) {
  return new Promise<number>((resolve, reject) => {
    let seen = 0;
    const onEvent = (): void => {
      if (++seen === missed)
        void joined
          .then(({ client }) => resolve(client.chunks))
          .then(() => joined)
          .then(({ client }) => client.drop());
    };
    const joined = joinRoom({ target, room, place, buffer, onEvent });
    joined.catch(reject);
  });
}
