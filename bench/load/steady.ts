import { setTimeout as delay } from 'node:timers/promises';
import type { ServerProcess } from './server-process.ts';
import type { Measured } from './task.ts';

/** Lets the server warm up under a load that runs, then counts what arrives in so many seconds. */
export async function steady(server: ServerProcess, seconds: number, received: () => number): Promise<Measured> {
  const milliseconds = seconds * 1000;
  await delay(Math.min(1000, milliseconds));
  const measured = await server.during(async () => {
    const before = received();
    await delay(milliseconds);
    return received() - before;
  });
  if (measured.count === 0) throw new Error('no answer came');
  return measured;
}
