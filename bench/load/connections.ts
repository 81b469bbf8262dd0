import { Answers } from './answers.ts';
import { type OnBytes, openPeers, type Peer } from './peers.ts';
import type { ServerProcess } from './server-process.ts';
import type { Answer, Measured, Task } from './task.ts';

/** Handshakes before the measured ones, so that the server's code for them is compiled. */
const WARM_UP = 1000;

/** The connections stay open: what closing costs is measured by `growth`. */
export async function handshake(task: Task, server: ServerProcess): Promise<Measured> {
  await openPeers(task.target, '/echo', WARM_UP);
  await server.quiet();
  return server.during(async () => (await openPeers(task.target, '/echo', task.connections)).length);
}

export async function idle(task: Task, server: ServerProcess): Promise<Measured> {
  return (await holdIdle(task, server)).measured;
}

/** A server with many connections: what each holds, what a message costs, and what it costs when all go at once. */
export async function growth(task: Task, server: ServerProcess): Promise<Answer> {
  let turn = 0;
  // The connections take turns, so that each message is of another one, as it is where many are connected.
  const next = () => peers[turn++ % peers.length] as Peer;
  const answers: Answers = new Answers({ ...task, inFlight: 1 }, 'echo', (_peer, count) => {
    for (let n = 0; n < count; n++) answers.send(next(), 1);
  });
  const { peers, measured } = await holdIdle(task, server, answers.onBytes);
  for (let n = 0; n < task.inFlight; n++) answers.send(next(), 1);
  const messages = await answers.measure(server);
  return { idle: measured, messages, disconnects: await disconnectAll(peers, server) };
}

/** Opens connections and finds what each holds when the garbage of its making is gone. */
async function holdIdle(task: Task, server: ServerProcess, onBytes?: OnBytes) {
  await openPeers(task.target, '/echo', Math.min(WARM_UP, task.connections));
  await server.collect();
  let peers: Peer[] = [];
  const measured = await server.during(async () => {
    peers = await openPeers(task.target, '/echo', task.connections, onBytes);
    await server.collect();
    return peers.length;
  });
  return { peers, measured };
}

/** All connections break at once, without a word, as when a network goes down. */
async function disconnectAll(peers: Peer[], server: ServerProcess): Promise<Measured> {
  await server.quiet();
  const [cpu, start] = [server.cpu(), performance.now()];
  for (const { socket } of peers) socket.resetAndDestroy();
  const end = await server.quiet();
  return { count: peers.length, cpu: server.cpu() - cpu, wall: (end - start) * 1000, memory: 0 };
}
