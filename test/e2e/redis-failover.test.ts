import test, { type ExecutionContext } from 'ava';
import { openRedisLog } from '../../src/rooms/redis/log.ts';
import { openRedis } from '../../src/rooms/redis/server.ts';
import { RedisProcess, startSentinel } from '../helpers/redis.ts';
import { until } from '../helpers/server.ts';
import { missing, redisServer } from '../helpers/tools.ts';

async function startRedis(t: ExecutionContext, args?: readonly string[]): Promise<RedisProcess> {
  const redis = new RedisProcess();
  t.teardown(() => redis.end());
  return redis.start(args);
}

test('Sentinel promotes a replica: appends go on there, and what was acknowledged before is there', async (t) => {
  if (missing(t, redisServer)) return;
  const master = await startRedis(t);
  const replica = await startRedis(t, ['--save', '', '--replicaof', `127.0.0.1 ${master.port}`]);
  await until(async () => (await replica.ask('INFO', 'replication')).includes('master_link_status:up'));
  const port = await startSentinel(t, master);
  const server = await openRedis(`redis+sentinel://127.0.0.1:${port}/mymaster`);
  t.teardown(() => server.close());
  const log = await openRedisLog(server, { name: 'test' });
  t.teardown(() => log.close());
  await until(() => server.problem === undefined);
  const { position } = await log.append('r', { from: 'a', text: '1', key: '1' });
  await until(async () => (await replica.ask('INFO', 'keyspace')).includes('db0:'));
  await until(async () => (await replica.ask('XLEN', '{text-event:test:0}:s:r')) === ':1\r\n');
  await master.kill();
  const append = (text: string) => log.append('r', { from: 'a', text, key: text }).catch(() => undefined);
  await until(async () => (await append('2')) !== undefined);
  const page = await log.read('r', position, 10);
  t.deepEqual([page.reset, page.events.map(({ text }) => text)], [false, ['2']]);
  t.not(page.epoch, position.epoch, 'positions beyond what was found would not be true');
  await until(() => server.problem === undefined);
});

test('a cluster of three serves rooms on all of its servers', async (t) => {
  if (missing(t, redisServer)) return;
  const nodes = await Promise.all([1, 2, 3].map(() => startRedis(t, ['--save', '', '--cluster-enabled', 'yes'])));
  const [first, ...others] = nodes as [RedisProcess, ...RedisProcess[]];
  const bounds = [0, 5461, 10922, 16384];
  for (const [i, node] of nodes.entries()) {
    await node.ask('CLUSTER', 'SET-CONFIG-EPOCH', `${i + 1}`);
    await node.ask('CLUSTER', 'ADDSLOTSRANGE', `${bounds[i]}`, `${Number(bounds[i + 1]) - 1}`);
  }
  for (const { port } of others) await first.ask('CLUSTER', 'MEET', '127.0.0.1', `${port}`);
  for (const node of nodes) await until(async () => (await node.ask('CLUSTER', 'INFO')).includes('cluster_state:ok'));

  const url = `redis+cluster://127.0.0.1:${first.port}`;
  const [one, two] = await Promise.all(
    [1, 2].map(async () => {
      const server = await openRedis(url, { patience: 60_000 });
      t.teardown(() => server.close());
      await until(() => server.problem === undefined);
      const log = await openRedisLog(server, { name: 'test' });
      t.teardown(() => log.close());
      return log;
    }),
  );
  if (!one || !two) return;
  const heads = new Map<string, number>();
  two.follow((room, head) => heads.set(room, head));
  const rooms = Array.from({ length: 200 }, (_, i) => `room ${i}`);
  await Promise.all(rooms.map((room) => two.listen?.(room)));
  await Promise.all(rooms.flatMap((room) => [1, 2, 3].map((i) => one.append(room, { from: 'a', text: `${i}` }))));
  await until(() => rooms.every((room) => heads.get(room) === 3));
  for (const room of rooms) {
    t.deepEqual(
      (await two.read(room, undefined, 10)).events.map(({ text }) => text),
      ['1', '2', '3'],
    );
  }
  for (const node of nodes) t.regex(await node.ask('INFO', 'keyspace'), /keys=\d\d/);
});
