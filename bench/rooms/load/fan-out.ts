import type { ServerProcess } from '../../load/server-process.ts';
import { steady } from '../../load/steady.ts';
import { inParallel } from './all.ts';
import { Client } from './client.ts';
import { joinRoom } from './member.ts';
import { StoreCpu } from './store-cpu.ts';
import { type RoomAnswer, type RoomTask, targetOf } from './task.ts';
import { frameOf } from './wire.ts';

/** Events on their way at a time. */
const IN_FLIGHT = 4;

/** One publishes and all receive: an event that all have is followed by the next. The publisher's own does not count. */
export async function fanOut(task: RoomTask, server: ServerProcess): Promise<RoomAnswer> {
  const text = 'm'.repeat(task.payloadBytes);
  const seen = new Uint32Array(task.clients);
  /** How many subscribers have each of the events on their way, by its number modulo the size. */
  const reached = new Uint32Array(IN_FLIGHT);
  let received = 0;
  const onEvent = (subscriber: number): void => {
    received++;
    const slot = (seen[subscriber] as number) % IN_FLIGHT;
    seen[subscriber] = (seen[subscriber] as number) + 1;
    reached[slot] = (reached[slot] as number) + 1;
    if (reached[slot] !== task.clients) return;
    reached[slot] = 0;
    publish();
  };
  await inParallel(task.clients, (i) => subscribe(task, i, () => onEvent(i)));
  const publish = await publisher(task, text);
  for (let n = 0; n < IN_FLIGHT; n++) publish();
  const store = new StoreCpu(task.store);
  const measured = await steady(server, task.seconds, () => store.mark(received));
  return { measured, values: { storeCpu: store.used } };
}

async function subscribe(task: RoomTask, number: number, onEvent: () => void): Promise<void> {
  const target = targetOf(task, number);
  if (!task.broadcast) await joinRoom({ target, room: 'fan-out', name: `reader${number}`, onEvent });
  else await new Client({ target, path: '/broadcast', onMessage: onEvent }).opened;
}

async function publisher({ target, broadcast }: RoomTask, text: string): Promise<() => void> {
  if (!broadcast) {
    const member = await joinRoom({ target, room: 'fan-out', name: 'publisher' });
    return () => member.publish(text);
  }
  const client = new Client({ target, path: '/broadcast', onMessage: () => {} });
  await client.opened;
  const frame = frameOf(text);
  return () => client.send(frame);
}
