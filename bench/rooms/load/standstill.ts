import type { ServerProcess } from '../../load/server-process.ts';
import { joinRoom } from './member.ts';
import { publishAll } from './publish-all.ts';
import type { RoomAnswer, RoomTask } from './task.ts';

const MEBIBYTE = 2 ** 20;
const ROOM = 'standstill';

/** One reader takes nothing while much is published to its room: what the server's memory grows by, after a part and after four. */
export async function standstill(task: RoomTask, server: ServerProcess): Promise<RoomAnswer> {
  const { target, payloadBytes, mebibytes = 0 } = task;
  const text = 'm'.repeat(payloadBytes);
  const publishPart = () => publishAll({ target, room: ROOM, count: (mebibytes * MEBIBYTE) / payloadBytes, text });
  const memory = async () => {
    await server.collect();
    return server.ownMemory() / 1024;
  };
  // What every room keeps in memory is there before it counts.
  await publishPart();
  const before = await memory();
  const reader = await joinRoom({ target, room: ROOM });
  reader.client.socket.pause();
  await publishPart();
  const part = (await memory()) - before;
  for (let n = 0; n < 3; n++) await publishPart();
  const whole = (await memory()) - before;
  if (reader.client.socket.closed) throw new Error('the reader was closed');
  return { values: { part, whole, growth: whole - part } };
}
