import { Answers } from './answers.ts';
import { openPeers, type Peer } from './peers.ts';
import type { ServerProcess } from './server-process.ts';
import type { Measured, Task } from './task.ts';

/** More messages than a broadcast may have on their way. */
const SLOTS = 64;

/** Each peer keeps its own number of messages on their way: an answer is followed by the next. */
export async function echo(task: Task, server: ServerProcess): Promise<Measured> {
  const answers: Answers = new Answers(task, 'echo', (peer, count) => answers.send(peer, count));
  const peers = await openPeers(task.target, '/echo', task.connections, answers.onBytes);
  for (const peer of peers) answers.send(peer, task.inFlight);
  return answers.measure(server);
}

/** One peer sends and all receive: a message that all have is followed by the next. */
export async function broadcast(task: Task, server: ServerProcess): Promise<Measured> {
  /** How many peers have each of the messages on their way, by its number modulo the size. */
  const reached = new Uint32Array(SLOTS);
  const answers: Answers = new Answers(task, 'broadcast', (peer, count) => {
    let complete = 0;
    for (let n = peer.seen - count; n < peer.seen; n++) {
      const slot = n % SLOTS;
      const peersWithIt = (reached[slot] as number) + 1;
      const everyone = peersWithIt === task.connections;
      reached[slot] = everyone ? 0 : peersWithIt;
      if (everyone) complete++;
    }
    if (complete > 0) answers.send(peers[0] as Peer, complete);
  });
  const peers = await openPeers(task.target, '/broadcast', task.connections, answers.onBytes);
  answers.send(peers[0] as Peer, task.inFlight);
  return answers.measure(server);
}
