import type { ServerProcess } from '../../load/server-process.ts';
import { steady } from '../../load/steady.ts';
import { median } from '../../median.ts';
import { inParallel } from './all.ts';
import { joinRoom, type Member } from './member.ts';
import { StoreCpu } from './store-cpu.ts';
import { type RoomAnswer, type RoomTask, targetOf } from './task.ts';

/** Each publisher waits for an acknowledgement and publishes the next. They read their rooms too, as clients do. */
export async function publish(task: RoomTask, server: ServerProcess): Promise<RoomAnswer> {
  const text = 'm'.repeat(task.payloadBytes);
  let latencies: number[] = [];
  let acknowledged = 0;
  let measuring = false;
  const sentAt = new Float64Array(task.clients);
  const send = (member: Member, number: number): void => {
    sentAt[number] = performance.now();
    member.publish(text);
  };
  const members: Member[] = await inParallel(task.clients, (number) => {
    const onAck = (): void => {
      acknowledged++;
      if (measuring) latencies.push(performance.now() - (sentAt[number] as number));
      send(members[number] as Member, number);
    };
    const room = task.together ? 'publish' : `publish-${number}`;
    return joinRoom({ target: targetOf(task, number), room, name: `publisher${number}`, onAck });
  });
  for (const [number, member] of members.entries()) send(member, number);
  const store = new StoreCpu(task.store);
  const measured = await steady(server, task.seconds, () => {
    // Asked as the warm-up ends and as the measurement does.
    measuring = !measuring;
    if (measuring) latencies = [];
    return store.mark(acknowledged);
  });
  return { measured, values: { latency: median(latencies) ?? Number.NaN, storeCpu: store.used } };
}
