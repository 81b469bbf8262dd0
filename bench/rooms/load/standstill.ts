import type { ServerProcess } from '../../load/server-process.ts';
import { joinRoom } from './member.ts';
import { publishAll } from './publish-all.ts';
import type { RoomAnswer, RoomTask } from './task.ts';

const MEBIBYTE = 2 ** 20;
const ROOM = 'standstill';
/** MiB that are published before the reader comes: more than the store keeps of a room. */
const WARM_UP = 80;

/** One reader takes nothing while much is published to its room: what the server's memory grows by, after a part and after the whole. */
export async function standstill(task: RoomTask, server: ServerProcess): Promise<RoomAnswer> {
  const { target, payloadBytes, part = 0, whole = 0 } = task;
  const text = 'm'.repeat(payloadBytes);
  const countOf = (mebibytes: number) => (mebibytes * MEBIBYTE) / payloadBytes;
  const publish = (mebibytes: number) => publishAll({ target, room: ROOM, count: countOf(mebibytes), text });
  const memory = async () => {
    // What the first frees may free more.
    await server.collect();
    await server.collect();
    return server.ownMemory() / 1024;
  };
  // What a room and its store keep in memory anyway is there before it counts.
  await publish(WARM_UP);
  const before = await memory();
  const reader = await joinStandingStill(task, countOf(whole));
  await publish(part);
  const partly = (await memory()) - before;
  await publish(whole - part);
  const wholly = (await memory()) - before;
  await reader.readOn();
  return { values: { partly, wholly, growth: wholly - partly } };
}

/** `readOn` resolves when it has got the events that it missed: one that was closed would have cost no memory either. */
async function joinStandingStill({ target }: RoomTask, missed: number): Promise<{ readOn(): Promise<void> }> {
  let seen = 0;
  let onDone: () => void;
  const done = new Promise<void>((resolve) => {
    onDone = resolve;
  });
  const onGap = (lost: number): void => {
    seen += lost;
    if (seen === missed) onDone();
  };
  const { client } = await joinRoom({ target, room: ROOM, onEvent: () => onGap(1), onGap });
  client.socket.pause();
  const closed = client.closed.then(() => {
    throw new Error('the reader that stood still was closed');
  });
  closed.catch(() => {});
  const readOn = async () => {
    client.socket.resume();
    await Promise.race([done, closed]);
  };
  return { readOn };
}
