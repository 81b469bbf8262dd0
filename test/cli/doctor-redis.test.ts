import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { judgeEviction, judgePersistence, judgeReplicas, type RedisSettings } from '../../src/cli/redis-findings.ts';
import { runCommand } from '../helpers/command.ts';
import { startProgram } from '../helpers/program.ts';
import { RedisProcess } from '../helpers/redis.ts';
import { missing, redisServer } from '../helpers/tools.ts';

const CHECKS = 'persistence,eviction,replicas';

async function doctor(t: ExecutionContext, url: string, env: Record<string, string>) {
  const { stdout, stderr } = await runCommand(t, ['doctor', '--local', '--only', CHECKS, url], '', env);
  const lines = [...stdout.matchAll(/^(ok|WRONG|skipped) +(\w+)/gm)].map(([, status, name]) => [name, status]);
  return { found: Object.fromEntries(lines), said: stdout + stderr };
}

test('Redis is asked how it keeps what it is given, and what is wrong has the file and the line', async (t) => {
  if (missing(t, redisServer)) return;
  const { url } = await startProgram(t);
  const redis = new RedisProcess();
  t.teardown(() => redis.end());
  redis.file = join(redis.dir, 'redis.conf');
  writeFileSync(redis.file, '# A comment.\nappendonly no\n\nmaxmemory 100mb\nmaxmemory-policy allkeys-lru\n');
  await redis.start();
  const env = { REDIS_URL: redis.url };
  const bad = await doctor(t, url, env);
  t.deepEqual(bad.found, { persistence: 'WRONG', eviction: 'WRONG', replicas: 'skipped' }, bad.said);
  t.true(bad.said.includes(`change ${redis.file}:2, appendonly\n`), bad.said);
  t.true(bad.said.includes(`change ${redis.file}:5, maxmemory-policy\n`), bad.said);

  await redis.ask('CONFIG', 'SET', 'appendonly', 'yes', 'appendfsync', 'always', 'maxmemory-policy', 'noeviction');
  const good = await doctor(t, url, env);
  t.deepEqual(good.found, { persistence: 'ok', eviction: 'ok', replicas: 'skipped' }, good.said);

  await redis.kill();
  const gone = await doctor(t, url, { REDIS_URL: redis.url.replace('//', '//somebody:made-up-secret@') });
  t.deepEqual(gone.found, { persistence: 'WRONG', eviction: 'WRONG', replicas: 'WRONG' }, gone.said);
  t.regex(gone.said, /Redis: it cannot be reached \(ECONNREFUSED\)/);
  t.notRegex(gone.said, /made-up-secret/);
});

test('a password that is missing, and one that is wrong, are told apart', async (t) => {
  if (missing(t, redisServer)) return;
  const { url } = await startProgram(t);
  const redis = new RedisProcess();
  t.teardown(() => redis.end());
  await redis.start(['--save', '', '--requirepass', 'sesame']);
  const without = await doctor(t, url, { REDIS_URL: redis.url });
  t.regex(without.said, /WRONG +eviction +Redis: it wants a password, and its address has none/);
  const wrong = await doctor(t, url, { REDIS_URL: redis.url.replace('//', '//:made-up-secret@') });
  t.regex(wrong.said, /WRONG +eviction +Redis: it refuses the user or the password: one of them is wrong/);
  t.notRegex(wrong.said, /made-up-secret/);
});

test('a Redis that falls silent after the connection is told of, and not waited for', async (t) => {
  if (missing(t, redisServer)) return;
  const { url } = await startProgram(t);
  const redis = new RedisProcess();
  t.teardown(() => redis.end());
  await redis.start();
  const proxy = createServer((client) => {
    const server = connect(redis.port, '127.0.0.1');
    client
      .on('data', (chunk) => chunk.includes('everything') || server.write(chunk))
      .on('close', () => server.destroy());
    server.on('data', (chunk) => client.write(chunk));
  }).listen(0, '127.0.0.1');
  t.teardown(() => proxy.close());
  await once(proxy, 'listening');
  const env = { REDIS_URL: `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
  const { stdout } = await runCommand(t, ['doctor', '--local', '--only', 'eviction', url], '', env);
  t.regex(stdout, /WRONG +eviction +Redis: it has not answered for 5000 ms/);
});

test('without REDIS_URL there is nothing to ask', async (t) => {
  const { url } = await startProgram(t);
  const { found } = await doctor(t, url, {});
  t.deepEqual(found, { persistence: 'skipped', eviction: 'skipped', replicas: 'skipped' });
});

const settings: RedisSettings = {
  file: '/etc/redis/redis.conf',
  version: '7.0.15',
  appendonly: 'yes',
  appendfsync: 'everysec',
  maxmemory: '0',
  policy: 'noeviction',
  minReplicas: '0',
  replicas: 0,
};

test('persistence is judged by what DURABILITY promises', (t) => {
  const judge = (change: Partial<RedisSettings>, durability: 'commit' | 'flush' = 'commit') =>
    judgePersistence({ ...settings, ...change }, durability).status;
  t.is(judge({}), 'ok');
  t.is(judge({}, 'flush'), 'wrong', 'there is no WAITAOF');
  t.is(judge({ version: '7.2.4' }, 'flush'), 'ok');
  t.is(judge({ version: '8.0.0' }, 'flush'), 'ok');
  t.is(judge({ appendfsync: 'always' }, 'flush'), 'ok');
  t.is(judge({ appendfsync: 'no' }), 'wrong');
  t.is(judge({ appendonly: 'no' }), 'wrong');
  t.is(judge({ appendfsync: undefined }), 'skipped');
});

test('eviction and replicas are judged by what they lose', (t) => {
  const eviction = (change: Partial<RedisSettings>) => judgeEviction({ ...settings, ...change });
  t.is(eviction({}).status, 'ok');
  t.like(eviction({ policy: 'volatile-lru' }), {
    status: 'wrong',
    change: { file: '/etc/redis/redis.conf', line: 'maxmemory-policy' },
  });
  const replicas = (change: Partial<RedisSettings>) => judgeReplicas({ ...settings, ...change }).status;
  t.is(replicas({}), 'skipped');
  t.is(replicas({ replicas: 1 }), 'wrong');
  t.is(replicas({ replicas: 2, minReplicas: '1' }), 'ok');
  t.is(replicas({ replicas: 2, minReplicas: undefined }), 'skipped');
});
