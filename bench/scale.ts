// What rooms cost on Redis and on LMDB, in one process and in two, for docs/scale.md: npx tsx bench/scale.ts [seconds] [rounds].
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { here } from './contenders.ts';
import { ServerProcess } from './load/server-process.ts';
import type { Target } from './load/task.ts';
import { inParallel } from './rooms/load/all.ts';
import { joinRoom } from './rooms/load/member.ts';

interface Cost {
  perSecond: number;
  /** Microseconds of all processes of the program together, for each message. */
  program: number;
  /** The same of Redis; 0 without. */
  redis: number;
}

interface Setup {
  label: string;
  processes: number;
  /** Arguments of redis-server; LMDB without. */
  redis?: readonly string[];
}

const [seconds = 1.5, rounds = 3] = process.argv.slice(2).map(Number);
const READERS = [100, 1000, 4000];
const TEXT = 'm'.repeat(64);

const everysec = ['--appendonly', 'yes', '--appendfsync', 'everysec'];
const always = ['--appendonly', 'yes', '--appendfsync', 'always'];
const setups: readonly Setup[] = [
  { label: 'LMDB', processes: 1 },
  { label: 'Redis, `everysec`', processes: 1, redis: everysec },
  { label: 'Redis, `everysec`, two processes', processes: 2, redis: everysec },
  { label: 'Redis, `always`', processes: 1, redis: always },
];

const found = new Map<string, Cost[]>();
for (let round = 0; round < rounds; round++) {
  for (const setup of setups) {
    await measured(`50 publishers, a room each | ${setup.label}`, setup, publish);
    if (setup.redis === always) continue;
    for (const readers of READERS) {
      const work = (targets: Target[]) => fanOut(targets, readers);
      await measured(`to ${readers.toLocaleString('en')} readers | ${setup.label}`, setup, work);
    }
  }
}
process.stdout.write('| | store | per second | program, µs | Redis, µs |\n|---|---|---:|---:|---:|\n');
for (const [label, costs] of [...found].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))) {
  // Other programs on the machine only add to a cost: the least is the nearest to what it is.
  const least = (key: keyof Cost) => Math.min(...costs.map((cost) => cost[key]));
  const most = Math.max(...costs.map(({ perSecond }) => perSecond));
  process.stdout.write(
    `| ${label} | ${Math.round(most).toLocaleString('en')} | ${least('program').toFixed(2)} | ${least('redis').toFixed(2)} |\n`,
  );
}
process.exit();

/** Starts a setup anew, on one core with Redis and the load on the other, and notes what a message cost. */
async function measured(
  label: string,
  { processes, redis }: Setup,
  work: (targets: Target[]) => Promise<() => number>,
) {
  const dir = mkdtempSync(join(tmpdir(), 'text-event-scale-'));
  const port = await freePort();
  const where = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', dir];
  const store = redis && spawn('taskset', ['-c', '1', 'redis-server', ...where, ...redis], { stdio: 'ignore' });
  if (store) await delay(500);
  const env = redis ? { REDIS_URL: `redis://127.0.0.1:${port}` } : {};
  const servers = await Promise.all(Array.from({ length: processes }, (_, i) => startServer(join(dir, `${i}`), env)));
  try {
    const count = await work(servers.map(({ target }) => target));
    await delay(1000);
    const programs = servers.map(({ target }) => new ServerProcess(target.pid));
    const stores = store ? [new ServerProcess(store.pid as number)] : [];
    const cpu = (some: ServerProcess[]) => some.reduce((sum, one) => sum + one.cpu(), 0);
    const [before, program, ofRedis, start] = [count(), cpu(programs), cpu(stores), performance.now()];
    await delay(seconds * 1000);
    const messages = count() - before;
    const cost = {
      perSecond: messages / ((performance.now() - start) / 1000),
      program: (cpu(programs) - program) / messages,
      redis: (cpu(stores) - ofRedis) / messages,
    };
    process.stderr.write(`${label}: ${JSON.stringify(cost)}\n`);
    found.set(label, [...(found.get(label) ?? []), cost]);
  } finally {
    for (const child of [...servers.map((server) => server.child), ...(store ? [store] : [])]) {
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Each waits for its acknowledgement before it publishes again. */
async function publish(targets: Target[]): Promise<() => number> {
  let acknowledged = 0;
  const members = await inParallel(50, (i) => {
    const target = targets[i % targets.length] as Target;
    const onAck = () => {
      acknowledged++;
      members[i]?.publish(TEXT);
    };
    return joinRoom({ target, room: `publish-${i}`, name: `publisher${i}`, onAck });
  });
  for (const member of members) member.publish(TEXT);
  return () => acknowledged;
}

/** One room; an event that all have is followed by the next, four on their way at a time. */
async function fanOut(targets: Target[], readers: number): Promise<() => number> {
  let received = 0;
  let published = 0;
  const onEvent = () => {
    received++;
    while (published * readers <= received + 3 * readers) send();
  };
  await inParallel(readers, (i) =>
    joinRoom({ target: targets[i % targets.length] as Target, room: 'fan-out', name: `reader${i}`, onEvent }),
  );
  const publisher = await joinRoom({ target: targets[0] as Target, room: 'fan-out', name: 'publisher' });
  const send = () => {
    published++;
    publisher.publish(TEXT);
  };
  for (let i = 0; i < 4; i++) send();
  return () => received;
}

async function startServer(dir: string, store: Record<string, string>) {
  const env = {
    PATH: process.env.PATH,
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: dir,
    LOG_LEVEL: 'silent',
    MESSAGES_PER_SECOND: 'off',
    BYTES_PER_SECOND: 'off',
    MAX_CONNECTIONS_PER_IP: 'off',
    MAX_HTTP_CONNECTIONS: 'off',
    ...store,
  };
  const child = spawn('taskset', ['-c', '0', process.execPath, here('../dist/main.js')], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let printed = '';
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text) => {
      printed += text;
      const said = /ws:\S+:(\d+)\/?\n/.exec(printed)?.[1];
      if (said !== undefined) resolve(Number(said));
    });
    child.once('close', () => reject(new Error(`it ended before it listened: ${printed}`)));
  });
  const target: Target = { port, pid: child.pid as number, dialect: 'text' };
  return { child, target };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
