import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { connect } from '../helpers/client.ts';
import { type Program, startProgram } from '../helpers/program.ts';
import { RedisProcess } from '../helpers/redis.ts';
import { speak } from '../helpers/rooms.ts';
import { missing, redisServer } from '../helpers/tools.ts';
import { until } from '../helpers/until.ts';

interface Known {
  id: string;
  host: string;
  pid: number;
  version: string;
  started: number;
  ready: boolean;
  open: number;
  messagesInPerSecond: number;
  messagesOutPerSecond: number;
  memory: number;
  load: number;
  delay: number;
  age: number;
}

interface Status {
  id: string;
  processes: Known[];
  othersUnknown?: string;
}

async function statusOf({ url }: Program): Promise<Status> {
  return (await fetch(`${url}status`)).json() as Promise<Status>;
}

const pidsIn = ({ processes }: Status) => processes.map(({ pid }) => pid).sort();

/** Resolves when a process knows these and no others. */
async function knows(asked: Program, others: readonly Program[]): Promise<void> {
  const pids = others.map(({ child }) => child.pid).sort();
  await until(async () => JSON.stringify(pidsIn(await statusOf(asked))) === JSON.stringify(pids));
}

/** What processes over one store say of each other, until one is killed, and another one ends cleanly; gives the one that is left. */
async function comeAndGo(t: ExecutionContext, env: Record<string, string>): Promise<Program> {
  const before = Date.now();
  const [a, b] = await Promise.all([startProgram(t, env), startProgram(t, env)]);
  for (const one of [a, b]) await knows(one, [a, b]);
  for (const one of [a, b]) {
    const { id, processes, othersUnknown } = await statusOf(one);
    t.is(othersUnknown, undefined);
    t.is(processes.find((other) => other.id === id)?.pid, one.child.pid, 'which of them it is');
    for (const { host, ready, started, age, memory, load, delay } of processes) {
      t.is(host, hostname());
      t.true(ready && started > before - 60_000 && started <= Date.now() + 1000, `${started}`);
      t.true(age >= 0 && memory > 1e6 && load > 0 && delay >= 0);
    }
  }
  const echo = await connect(t, `${b.ws}echo`);
  const speaking = setInterval(() => echo.send('hello'), 50);
  t.teardown(() => clearInterval(speaking));
  const seen = async () => (await statusOf(a)).processes.find(({ pid }) => pid === b.child.pid);
  await until(async () => (await seen())?.open === 1 && Number((await seen())?.messagesInPerSecond) > 1);
  t.true(Number((await seen())?.messagesOutPerSecond) > 0);
  clearInterval(speaking);

  const c = await startProgram(t, env);
  await knows(a, [a, b, c]);
  await b.stop('SIGKILL');
  await knows(a, [a, c]);
  await c.stop();
  t.deepEqual(pidsIn(await statusOf(a)), [a.child.pid as number], 'who ends cleanly is gone when it has ended');
  return a;
}

test('processes that share a folder know each other, and not those that have ended or were killed', async (t) => {
  await comeAndGo(t, { DATA_DIR: sharedFolder(t) });
});

test('processes that share a Redis know each other; without it each knows itself, and says why', async (t) => {
  if (missing(t, redisServer)) return;
  const redis = new RedisProcess();
  t.teardown(() => redis.end());
  await redis.start();
  const env = { REDIS_URL: redis.url };
  const a = await comeAndGo(t, env);
  const b = await startProgram(t, env);
  await knows(a, [a, b]);
  await redis.kill();
  await until(async () => (await statusOf(a)).othersUnknown !== undefined);
  const alone = await statusOf(a);
  t.regex(String(alone.othersUnknown), /^Redis: /);
  t.deepEqual(pidsIn(alone), [a.child.pid as number]);
  t.false(alone.processes[0]?.ready);
  await redis.restart();
  for (const one of [a, b]) await knows(one, [a, b]);
});

test('a process that drains is not ready, and no client sees anything of processes', async (t) => {
  const dataDir = sharedFolder(t);
  const env = { DATA_DIR: dataDir, DRAIN_TIME: '2m', CLOSE_TIMEOUT: '60s', METRICS: 'open' };
  const [a, b] = await Promise.all([startProgram(t, env), startProgram(t, env)]);
  await knows(a, [a, b]);
  const reader = await speak(t, `${a.ws}rooms/lobby?name=reader`);
  t.deepEqual((await reader.nextOf('welcome')).members, ['reader']);
  const metrics = await (await fetch(`${a.url}metrics`)).text();
  const there = (await statusOf(a)).processes.find(({ pid }) => pid === b.child.pid);
  t.false(metrics.includes(String(there?.id)) || metrics.includes(hostname()), metrics);

  const stubborn = await connect(t, `${b.ws}echo`);
  stubborn.socket.pause();
  b.child.kill();
  await until(async () => (await statusOf(a)).processes.find(({ pid }) => pid === b.child.pid)?.ready === false);
  stubborn.socket.terminate();
  await b.exited;
  t.deepEqual(pidsIn(await statusOf(a)), [a.child.pid as number]);
});

function sharedFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'text-event-server-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
