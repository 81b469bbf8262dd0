import type { Target } from '../../load/task.ts';
import { joinRoom, type Member } from './member.ts';

export interface Publications {
  target: Target;
  room: string;
  count: number;
  text: string;
}

/** Publications on their way at a time: less than the program holds a connection to. */
const IN_FLIGHT = 32;

/** Joins, publishes so many events, waits until they are acknowledged, and leaves. */
export async function publishAll({ target, room, count, text }: Publications): Promise<void> {
  let [sent, acknowledged] = [0, 0];
  let member: Member | undefined;
  let onDone = () => {};
  const done = new Promise<void>((resolve) => {
    onDone = resolve;
  });
  const send = () => {
    if (sent++ < count) member?.publish(text);
  };
  const onAck = () => {
    if (++acknowledged === count) onDone();
    else send();
  };
  member = await joinRoom({ target, room, onAck });
  for (let n = 0; n < IN_FLIGHT; n++) send();
  await done;
  await member.client.drop();
}
