import test, { type ExecutionContext } from 'ava';
import { ROOM_NAMING } from '../../src/rooms/names.ts';
import { openRedisLog } from '../../src/rooms/redis-log.ts';
import { openRedisPresence } from '../../src/rooms/redis-presence.ts';
import { openRedis } from '../../src/rooms/redis-server.ts';
import { RedisProcess } from '../helpers/redis.ts';
import { until } from '../helpers/server.ts';
import { missing, redisServer } from '../helpers/tools.ts';
import { PATIENCE } from './redis-stores.ts';

async function startRedis(t: ExecutionContext, args?: readonly string[]): Promise<RedisProcess | undefined> {
  if (missing(t, redisServer)) return undefined;
  const redis = new RedisProcess();
  t.teardown(() => redis.end());
  return redis.start(args);
}

test('a user with the rights that the manual names is enough, over a Unix socket', async (t) => {
  const redis = await startRedis(t);
  if (!redis) return;
  const rights = ['on', '>pass', '~{text-event:*', '&{text-event:*', '+@all', '-@admin', '-@dangerous', '+info'];
  t.is(await redis.ask('ACL', 'SETUSER', 'rooms', ...rights), '+OK\r\n');
  const server = await openRedis(`unix://rooms:pass@${redis.socket}`, { patience: PATIENCE });
  t.teardown(() => server.close());
  const log = await openRedisLog(server, { name: 'test' });
  t.teardown(() => log.close());
  const presence = await openRedisPresence(server);
  t.teardown(() => presence.close());
  t.is((await log.append('r', { from: 'a', text: '1' })).position.offset, 1);
  t.is((await presence.enter('r', { naming: ROOM_NAMING })).name, '访客1');
  t.is(server.problem, undefined);
});

test('DURABILITY=flush is taken where each answer of Redis comes after the flush, and refused where nothing can promise it', async (t) => {
  const redis = await startRedis(t, ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always']);
  if (!redis) return;
  const server = await openRedis(redis.url, { patience: PATIENCE, durability: 'flush' });
  t.teardown(() => server.close());
  const log = await openRedisLog(server, { name: 'test' });
  t.is((await log.append('r', { from: 'a', text: '1' })).position.offset, 1);
  await log.close();
  await redis.ask('CONFIG', 'SET', 'appendonly', 'no');
  await t.throwsAsync(openRedis(redis.url, { patience: PATIENCE, durability: 'flush' }), {
    code: 'ERR_STORE',
    message: /appendonly yes/,
  });
});

test('a Redis that would delete rooms when it is full is refused', async (t) => {
  const redis = await startRedis(t, ['--save', '', '--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru']);
  if (!redis) return;
  await t.throwsAsync(openRedis(redis.url, { patience: PATIENCE }), {
    code: 'ERR_STORE',
    message: /allkeys-lru, which deletes rooms/,
  });
});

test('whose messages are lost finds what grew all the same', async (t) => {
  const redis = await startRedis(t);
  if (!redis) return;
  const [one, two] = await Promise.all([
    openRedis(redis.url, { patience: PATIENCE }),
    openRedis(redis.url, { patience: PATIENCE }),
  ]);
  t.teardown(() => one.close());
  t.teardown(() => two.close());
  const [writer, reader] = await Promise.all([one, two].map((server) => openRedisLog(server, { name: 'test' })));
  if (!writer || !reader) return;
  t.teardown(() => writer.close());
  t.teardown(() => reader.close());
  const heads: number[] = [];
  reader.follow((_room, head) => heads.push(head));
  await writer.append('r', { from: 'a', text: '1' });
  await until(() => heads.length === 1);
  // As the script does, but without its message.
  const script = `redis.call('XADD', KEYS[1]..':s:r', '2-0', 'a', '1', 'f', 'a', 't', '2') redis.call('HSET', KEYS[1]..':m:r', 'h', 2)
    redis.call('ZADD', KEYS[1]..':grown', redis.call('INCR', KEYS[1]..':seq'), 'r')`;
  await redis.ask('EVAL', script, '1', '{text-event:test:0}');
  await until(() => heads.at(-1) === 2);
  t.deepEqual(heads, [1, 2]);
});

test('scripts that somebody has emptied cost one refusal, and are there again', async (t) => {
  const redis = await startRedis(t);
  if (!redis) return;
  const server = await openRedis(redis.url, { patience: PATIENCE });
  t.teardown(() => server.close());
  const log = await openRedisLog(server, { name: 'test' });
  t.teardown(() => log.close());
  await log.append('r', { from: 'a', text: '1' });
  await redis.ask('SCRIPT', 'FLUSH');
  const append = () => log.append('r', { from: 'a', text: '2' }).catch(() => undefined);
  await until(async () => (await append()) !== undefined);
  t.is((await log.head('r')).offset, 2);
});
