import { type Contender, here } from './contenders.ts';
import type { Answer, Task } from './load/task.ts';
import { measure } from './measure.ts';

/** What the load does to a contender that speaks bare text, or Socket.IO. */
export type Work = Omit<Task, 'target'>;

export async function loadWith(contender: Contender, work: Work): Promise<Answer> {
  return (await measure(contender, here('load/main.ts'), work)) as Answer;
}
