import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { EventLog } from '../../src/rooms/event-log.ts';
import { ROOM_NAMING } from '../../src/rooms/names.ts';
import { openRedisLog } from '../../src/rooms/redis/log.ts';
import { openRedisPresence } from '../../src/rooms/redis/presence.ts';
import { openRedis } from '../../src/rooms/redis/server.ts';
import { RedisProcess } from '../helpers/redis.ts';
import { until } from '../helpers/server.ts';
import { missing, redisServer } from '../helpers/tools.ts';
import { connectTo, PATIENCE } from './redis-stores.ts';

async function startRedis(t: ExecutionContext, args?: readonly string[]): Promise<RedisProcess | undefined> {
  if (missing(t, redisServer)) return undefined;
  const redis = new RedisProcess();
  t.teardown(() => redis.end());
  return redis.start(args);
}

/** A log that is open in two processes, as far as Redis can tell. */
async function openTwo(t: ExecutionContext, redis: RedisProcess): Promise<{ writer: EventLog; reader: EventLog }> {
  const open = async () => {
    const log = await openRedisLog(await connectTo(t, redis), { name: 'test' });
    t.teardown(() => log.close());
    return log;
  };
  return { writer: await open(), reader: await open() };
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

test('a right that a script lacks is told as one, and not as a server that cannot be reached', async (t) => {
  const redis = await startRedis(t);
  if (!redis) return;
  await redis.ask('ACL', 'SETUSER', 'rooms', 'on', '>pass', '~{text-event:*', '+@all');
  for (const [taken, reason] of [
    [['-hset', '&{text-event:*'], /^its ACL does not let this user /],
    [['+hset', 'resetchannels'], /^its ACL does not let this user .*channel/],
  ] as const) {
    await redis.ask('ACL', 'SETUSER', 'rooms', ...taken);
    const server = await openRedis(`unix://rooms:pass@${redis.socket}`, { patience: PATIENCE });
    t.teardown(() => server.close());
    const log = await openRedisLog(server, { name: 'test' });
    t.teardown(() => log.close());
    const { cause } = await t.throwsAsync(log.append('r', { from: 'a', text: '1' }), { code: 'unavailable' });
    t.regex(server.reasonOf(cause), reason);
  }
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

test('DURABILITY=flush without appendfsync always waits for the disk where Redis can say that it has it, from 7.2 on', async (t) => {
  const redis = await startRedis(t, ['--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec']);
  if (!redis) return;
  const opening = openRedis(redis.url, { patience: PATIENCE, durability: 'flush' });
  const waits = async () =>
    Number(/cmdstat_waitaof:calls=(\d+)/.exec(await redis.ask('INFO', 'commandstats'))?.[1] ?? 0);
  // Valkey says which Redis it is compatible with.
  if (/redis_version:7\.0\./.test(await redis.ask('INFO', 'server'))) {
    await t.throwsAsync(opening, { code: 'ERR_STORE', message: /appendfsync always, or version 7\.2 for WAITAOF/ });
    return;
  }
  const server = await opening;
  t.teardown(() => server.close());
  const log = await openRedisLog(server, { name: 'test' });
  t.is(await waits(), 0);
  // What is written in one turn has one flush.
  await Promise.all(['1', '2', '3'].map((text) => log.append('r', { from: 'a', text })));
  t.is(await waits(), 1);
  await log.append('r', { from: 'a', text: '4' });
  t.is(await waits(), 2);
  await log.close();
});

test('a Redis that would delete rooms when it is full is refused', async (t) => {
  const redis = await startRedis(t, ['--save', '', '--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru']);
  if (!redis) return;
  await t.throwsAsync(openRedis(redis.url, { patience: PATIENCE }), {
    code: 'ERR_STORE',
    message: /allkeys-lru, which deletes rooms/,
  });
});

test('what a Redis that stands still has not been given after a while it is not given later', async (t) => {
  const redis = await startRedis(t);
  if (!redis) return;
  // Before the connection is thrown away, after 10 s, what waits for it is to be gone.
  const server = await connectTo(t, redis, { patience: 600 });
  const log = await openRedisLog(server, { name: 'test' });
  t.teardown(() => log.close());
  redis.signal('SIGSTOP');
  await t.throwsAsync(log.append('r', { from: 'a', text: '' }), { code: 'unavailable' });
  // More than two sockets take.
  const text = 'x'.repeat(64 * 1024);
  const appends = Array.from({ length: 600 }, () => log.append('r', { from: 'a', text }));
  for (const { status } of await Promise.allSettled(appends)) t.is(status, 'rejected');
  // Begun later than the time of each of them, and as long: it is over later.
  await delay(5000);
  redis.signal('SIGCONT');
  await until(() => server.problem === undefined);
  const [, appended] = /\n(\d+)/.exec(await redis.ask('HGET', '{text-event:test:0}:m:r', 'h')) ?? [];
  t.true(Number(appended) < appends.length / 2, `${appended} of ${appends.length}`);
});

test('whose messages are lost finds what grew all the same', async (t) => {
  const redis = await startRedis(t);
  if (!redis) return;
  const { writer, reader } = await openTwo(t, redis);
  const heads: number[] = [];
  reader.follow((_room, head) => heads.push(head));
  await reader.listen?.('r');
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

test('a process hears of rooms that it listens to and of no other, with the event where that is small', async (t) => {
  const redis = await startRedis(t);
  if (!redis) return;
  const { writer, reader } = await openTwo(t, redis);
  const told: [string, number, string | undefined][] = [];
  reader.follow((room, head, event) => told.push([room, head, event && `${event.from}:${event.text}`]));
  const unlisten = await reader.listen?.('r');
  const text = 'a 1 \ud83d\udc4d\n';
  for (const line of [
    ['other', 'nobody', text],
    ['r', '\ud83d\udc4d b', text],
    ['r', 'a', ''],
    ['r', 'a', 'x'.repeat(2047)],
    ['r', 'a', 'x'.repeat(2048)],
    ['r', 'a', text],
  ] as const) {
    await writer.append(line[0], { from: line[1], text: line[2] });
  }
  await until(() => told.length === 5);
  t.deepEqual(told, [
    ['r', 1, `\ud83d\udc4d b:${text}`],
    ['r', 2, 'a:'],
    ['r', 3, `a:${'x'.repeat(2047)}`],
    ['r', 4, undefined],
    ['r', 5, `a:${text}`],
  ]);
  // Listening goes on for a while, and ends.
  unlisten?.();
  const channels = () => redis.ask('PUBSUB', 'SHARDCHANNELS', '*:r');
  t.regex(await channels(), /\{text-event:test:0\}:0:r/);
  await until(async () => (await channels()) === '*0\r\n');
  const again = await reader.listen?.('r');
  await writer.append('r', { from: 'a', text: 'again' });
  await until(() => told.length === 6);
  again?.();
});

test('a room whose subscription is gone is found as long as it grows', async (t) => {
  const redis = await startRedis(t);
  if (!redis) return;
  const { writer, reader } = await openTwo(t, redis);
  const heads: number[] = [];
  reader.follow((_room, head) => heads.push(head));
  await reader.listen?.('r');
  let grown = 0;
  // Without a message, again and again: one of them is always young.
  const script = `redis.call('HSET', KEYS[1]..':m:r', 'h', ARGV[1]) redis.call('ZADD', KEYS[1]..':grown', redis.call('INCR', KEYS[1]..':seq'), 'r')`;
  await writer.append('r', { from: 'a', text: '1' });
  await until(async () => {
    await redis.ask('EVAL', script, '1', '{text-event:test:0}', `${++grown + 1}`);
    return heads.length > 2;
  });
  t.is(heads[0], 1);
});
