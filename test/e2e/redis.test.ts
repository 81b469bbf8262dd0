import test, { type ExecutionContext } from 'ava';
import { sayOnAllPaths } from '../helpers/all-paths.ts';
import { makeCertificate } from '../helpers/certificate.ts';
import { freePorts } from '../helpers/nginx.ts';
import { type Program, runProgram, startProgram } from '../helpers/program.ts';
import { RedisProcess } from '../helpers/redis.ts';
import { type Speaker, speak } from '../helpers/rooms.ts';
import { until } from '../helpers/server.ts';
import { missing, redisServer } from '../helpers/tools.ts';

const KEPT = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** Undefined where Redis is not installed. */
async function startRedis(t: ExecutionContext, args?: readonly string[]): Promise<RedisProcess | undefined> {
  if (missing(t, redisServer)) return undefined;
  const redis = new RedisProcess();
  t.teardown(() => redis.end());
  return redis.start(args);
}

const startOn = (t: ExecutionContext, { url }: RedisProcess, env = {}) => startProgram(t, { REDIS_URL: url, ...env });

async function readiness({ url }: Program): Promise<string> {
  const response = await fetch(`${url}readyz`);
  return `${response.status} ${((await response.json()) as { status: string }).status}`;
}

/** The next message that is not about who comes and goes. */
async function nextLine(reader: Speaker): Promise<{ type: string; text?: string; position?: string }> {
  for (;;) {
    const message = JSON.parse(await reader.next());
    if (message.type !== 'join' && message.type !== 'leave') return message;
  }
}

async function nextText(reader: Speaker): Promise<string | undefined> {
  return (await nextLine(reader)).text;
}

/** Somebody who reads a room, and somebody who publishes to it. */
async function join(t: ExecutionContext, program: Program, room: string) {
  const reader = await speak(t, `${program.ws}rooms/${room}?name=reader`);
  await reader.nextOf('welcome');
  const writer = await speak(t, `${program.ws}rooms/${room}?name=writer`);
  await writer.nextOf('welcome');
  let lines = 0;
  /** Publishes until it is acknowledged, under one key, as a client does; gives the codes of the errors that came before. */
  const publish = async (text: string): Promise<string[]> => {
    const key = `${++lines}`;
    for (const errors: string[] = []; ; ) {
      writer.say({ type: 'publish', key, text });
      const answer = await answerTo(key);
      if (answer.type === 'ack') return errors;
      errors.push(answer.code);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const answerTo = async (key: string) => {
    for (;;) {
      const message = JSON.parse(await writer.next());
      if (message.key === key && message.type !== 'event') return message;
    }
  };
  const tryOnce = async (text: string) => {
    writer.say({ type: 'publish', key: `try ${++lines}`, text });
    return answerTo(`try ${lines}`);
  };
  return { reader, publish, tryOnce };
}

test('two programs with one Redis are one set of rooms', async (t) => {
  const redis = await startRedis(t);
  if (!redis) return;
  const [one, two] = await Promise.all([startOn(t, redis), startOn(t, redis)]);
  const a = await speak(t, `${one.ws}rooms/r?name=x`);
  t.is((await a.nextOf('welcome')).name, 'x');
  const b = await speak(t, `${two.ws}rooms/r?name=x`);
  t.deepEqual((await b.nextOf('welcome')).members, ['x', 'x2']);
  t.deepEqual(await a.nextOf('join'), { type: 'join', name: 'x2' });
  b.say({ type: 'publish', text: 'over there' });
  t.deepEqual(await a.nextOf('event'), await b.nextOf('event'));

  await sayOnAllPaths(t, one, two);
  t.is((await two.stop()).code, 0);
  t.deepEqual(JSON.parse(await a.next()), { type: 'leave', name: 'x2' });
});

test('Redis is killed and restarted with its file: readers stay, and have every acknowledged line once, in order', async (t) => {
  const redis = await startRedis(t, KEPT);
  if (!redis) return;
  const program = await startOn(t, redis);
  const { reader, publish, tryOnce } = await join(t, program, 'r');
  for (let i = 1; i <= 20; i++) t.deepEqual(await publish(`${i}`), []);
  await redis.kill();
  await until(async () => (await readiness(program)).startsWith('503 Redis: it cannot be reached'));
  const refused = await tryOnce('lost');
  t.deepEqual([refused.type, refused.code, refused.retryable], ['error', 'unavailable', true]);
  await redis.restart();
  for (let i = 21; i <= 40; i++) await publish(`${i}`);
  for (let i = 1; i <= 40; i++) t.is(await nextText(reader), `${i}`);
  await until(async () => (await readiness(program)) === '200 ready');
});

test('a Redis that comes back without its last lines shows as a reset, also where as many have come since', async (t) => {
  const redis = await startRedis(t);
  if (!redis) return;
  const program = await startOn(t, redis);
  const { reader, publish } = await join(t, program, 'r');
  for (let i = 1; i <= 5; i++) await publish(`${i}`);
  await redis.ask('SAVE');
  for (let i = 6; i <= 10; i++) await publish(`${i}`);
  for (let i = 1; i < 10; i++) await nextText(reader);
  const { position } = await nextLine(reader);
  await redis.kill();
  await redis.restart();
  for (let i = 6; i <= 12; i++) await publish(`other ${i}`);
  t.is((await nextLine(reader)).type, 'reset');
  for (let i = 1; i <= 5; i++) t.is(await nextText(reader), `${i}`);
  for (let i = 6; i <= 12; i++) t.is(await nextText(reader), `other ${i}`);
  const back = await speak(t, `${program.ws}rooms/r?name=back&after=${position}`);
  await back.nextOf('welcome');
  t.is((await nextLine(back)).type, 'reset');
});

test('a Redis that stands still makes publishers unavailable within 5 s, and goes on afterwards', async (t) => {
  const redis = await startRedis(t);
  if (!redis) return;
  const program = await startOn(t, redis);
  const { reader, publish, tryOnce } = await join(t, program, 'r');
  await publish('1');
  redis.signal('SIGSTOP');
  const start = performance.now();
  t.is((await tryOnce('late')).code, 'unavailable');
  t.true(performance.now() - start < 8000, 'on a machine that is busy, too');
  await until(async () => (await readiness(program)).startsWith('503 Redis: it has not answered'));
  redis.signal('SIGCONT');
  await publish('2');
  t.is(await nextText(reader), '1');
  // It was in the log when its publisher was told that this is not known: its key makes trying again safe.
  t.is(await nextText(reader), 'late');
  t.is(await nextText(reader), '2');
  await until(async () => (await readiness(program)) === '200 ready');
});

for (const [what, wrong, right, reason] of [
  ['full', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0'], /it is full/],
  ['a read-only replica', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE'], /it is a read-only replica/],
] as const) {
  test(`a Redis that is ${what} takes no lines, is read on, and takes them again`, async (t) => {
    const redis = await startRedis(t);
    if (!redis) return;
    const program = await startOn(t, redis);
    const { reader, publish, tryOnce } = await join(t, program, 'r');
    await publish('1');
    await redis.ask(...wrong);
    const refused = await tryOnce('lost');
    t.deepEqual([refused.code, refused.retryable], ['unavailable', true]);
    await until(async () => reason.test(await readiness(program)));
    const page = (await (await fetch(`${program.url}rooms/r/events`)).json()) as { events: { text: string }[] };
    t.is(page.events[0]?.text, '1');
    await redis.ask(...right);
    await publish('2');
    for (const text of ['1', '2']) t.is(await nextText(reader), text);
    await until(async () => (await readiness(program)) === '200 ready');
  });
}

async function metricsOf({ url }: Program): Promise<string> {
  return (await fetch(`${url}metrics`)).text();
}

test('metrics say what the log holds, and whether Redis can be used', async (t) => {
  const redis = await startRedis(t);
  if (!redis) return;
  const program = await startOn(t, redis);
  const { publish } = await join(t, program, 'r');
  await publish('1');
  await publish('2');
  const before = await metricsOf(program);
  for (const line of ['store_up 1', 'log_rooms{store="rooms"} 1', 'log_events{store="rooms"} 2']) {
    t.true(before.includes(`\ntext_event_${line}\n`), line);
  }
  await redis.kill();
  await until(async () => (await metricsOf(program)).includes('\ntext_event_store_up 0\n'));
  await redis.restart();
  await until(async () => (await metricsOf(program)).includes('\ntext_event_store_up 1\n'));
});

test('a program that begins before its Redis is not ready, and is when that comes', async (t) => {
  const redis = await startRedis(t);
  if (!redis) return;
  await redis.kill();
  const program = await startOn(t, redis);
  t.regex(await readiness(program), /^503 Redis: it cannot be reached \(ECONNREFUSED\)/);
  await redis.restart();
  await until(async () => (await readiness(program)) === '200 ready');
  const { reader, publish } = await join(t, program, 'r');
  await publish('1');
  t.is(await nextText(reader), '1');
});

/** As in a configuration file: who may not run INFO. */
const POOR = ['poor', 'on', '>tell-nobody', '~*', '&*', '+@all', '-info'];

test('what is wrong with REDIS_URL or the server ends a start with one line, which shows no password', async (t) => {
  const redis = await startRedis(t, ['--save', '', '--requirepass', 'sesame', '--user', ...POOR]);
  if (!redis) return;
  const { port } = redis;
  for (const [env, line] of [
    [
      { REDIS_URL: `redis://:tell-nobody@127.0.0.1:${port}` },
      /Cannot use Redis at redis:\/\/127.0.0.1:\d+: it refuses the user or the password: one of them is wrong/,
    ],
    [{ REDIS_URL: `redis://nobody:tell-nobody@127.0.0.1:${port}` }, /it refuses the user or the password: one of/],
    [{ REDIS_URL: `redis://127.0.0.1:${port}` }, /it wants a password, and its address has none/],
    // Without the colon it is a user.
    [{ REDIS_URL: `redis://tell-nobody@127.0.0.1:${port}` }, /it wants a password, and its address has none/],
    [{ REDIS_URL: `redis+cluster://:tell-nobody@127.0.0.1:${port}` }, /it refuses the user or the password: one of/],
    [{ REDIS_URL: `redis+sentinel://:tell-nobody@127.0.0.1:${port}/m` }, /it refuses the user or the password: one of/],
    [{ REDIS_URL: `redis+sentinel://127.0.0.1:${port}/m` }, /it wants a password, and its address has none/],
    [{ REDIS_URL: `redis://:sesame@127.0.0.1:${port}/99` }, /it has no database of that number/],
    [
      { REDIS_URL: `redis://poor:tell-nobody@127.0.0.1:${port}` },
      /its ACL does not let this user run the 'info' command/,
    ],
    [
      { REDIS_URL: `http://:tell-nobody@127.0.0.1:${port}` },
      /^REDIS_URL: got something else \(not shown\), expected redis:/,
    ],
    [{ REDIS_URL: 'redis://:tell-nobody@a:1,b:2' }, /^REDIS_URL: got an address of another form, expected redis:/],
    [
      { REDIS_URL: `redis://:sesame@127.0.0.1:${port}`, DURABILITY: 'flush' },
      /DURABILITY=flush needs its appendonly yes/,
    ],
  ] as const) {
    const { exited, output } = runProgram(t, env);
    t.is((await exited).code, 1, output());
    t.regex(output(), line);
    t.is(output().trim().split('\n').length, 1, output());
    t.notRegex(output(), /tell-nobody|sesame/);
  }
  const right = await startProgram(t, { REDIS_URL: `redis://:sesame@127.0.0.1:${port}` });
  t.is(await readiness(right), '200 ready');
  t.notRegex(right.output(), /sesame/);
});

interface TlsRedis {
  redis: RedisProcess;
  tlsPort: number;
  certFile: string;
}

/** One with TLS on a port of its own, beside the one without. */
async function startTls(t: ExecutionContext): Promise<TlsRedis | undefined> {
  const certificate = makeCertificate(t);
  if (!certificate || missing(t, redisServer)) return undefined;
  const { keyFile, certFile } = certificate;
  const [tlsPort = 0] = await freePorts(1);
  const files = ['--tls-key-file', keyFile, '--tls-cert-file', certFile, '--tls-ca-cert-file', certFile];
  const redis = await startRedis(t, ['--save', '', '--tls-port', `${tlsPort}`, '--tls-auth-clients', 'no', ...files]);
  return redis && { redis, tlsPort, certFile };
}

test('TLS where the server speaks none, and none where it speaks TLS, are told with what to change, and no password', async (t) => {
  const servers = await startTls(t);
  if (!servers) return;
  const { redis, tlsPort, certFile } = servers;
  const addresses = [
    [
      `rediss://:tell-nobody@127.0.0.1:${redis.port}`,
      /TimeoutError\); where it speaks no TLS, its address begins with redis,/,
    ],
    [`redis://:tell-nobody@127.0.0.1:${tlsPort}`, /\); where it speaks TLS alone, its address begins with rediss$/],
    [
      `rediss+cluster://:tell-nobody@127.0.0.1:${redis.port}`,
      /\); where it speaks no TLS, its address begins with redis,/,
    ],
    [
      `redis+sentinel://:tell-nobody@127.0.0.1:${tlsPort}/m`,
      /\); where it speaks TLS alone, its address begins with rediss$/,
    ],
  ] as const;
  const tell = async ([address, reason]: (typeof addresses)[number]) => {
    const program = await startProgram(t, { REDIS_URL: address, NODE_ENV: 'production' });
    const told = await readiness(program);
    t.regex(told, /^503 Redis: it cannot be reached \(/);
    t.regex(told, reason);
    t.true(program.output().includes(`"redisUrl":"${address.replace(':tell-nobody@', '')}","problem":"it cannot`));
    t.notRegex(told + program.output(), /tell-nobody/);
  };
  await Promise.all(addresses.map(tell));
  const right = `rediss://127.0.0.1:${tlsPort}`;
  const program = await startProgram(t, { REDIS_URL: right, NODE_EXTRA_CA_CERTS: certFile });
  t.is(await readiness(program), '200 ready');
});

test('a user that loses its rights while the program runs is told apart from a wrong password', async (t) => {
  const redis = await startRedis(t);
  if (!redis) return;
  await redis.ask('ACL', 'SETUSER', 'rooms', 'on', '>tell-nobody', '~*', '&*', '+@all');
  const program = await startProgram(t, { REDIS_URL: `redis://rooms:tell-nobody@127.0.0.1:${redis.port}` });
  t.is(await readiness(program), '200 ready');
  await redis.ask('ACL', 'SETUSER', 'rooms', 'resetkeys');
  await until(async () =>
    /its ACL does not let this user access (one of the keys|a key)$/.test(await readiness(program)),
  );
  await redis.ask('ACL', 'SETUSER', 'rooms', '~*', '>another', '<tell-nobody');
  await redis.ask('CLIENT', 'KILL', 'USER', 'rooms');
  await until(async () => /it refuses the user or the password: one of/.test(await readiness(program)));
  await redis.ask('ACL', 'SETUSER', 'rooms', '>tell-nobody');
  await until(async () => (await readiness(program)) === '200 ready');
  t.notRegex(program.output(), /tell-nobody|another/);
});
