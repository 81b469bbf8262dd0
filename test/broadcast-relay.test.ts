import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { createServer } from '../src/index.ts';
import { MemoryLog } from '../src/rooms/memory/log.ts';
import { MemoryPresence } from '../src/rooms/memory/presence.ts';
import { RoomError } from '../src/rooms/room-error.ts';
import { Rooms } from '../src/rooms/rooms.ts';
import { type BroadcastProcess, startBroadcastProcess } from './helpers/broadcast-process.ts';
import { connect } from './helpers/client.ts';
import { RedisProcess } from './helpers/redis.ts';
import { until } from './helpers/server.ts';
import { missing, redisServer } from './helpers/tools.ts';
import { emptyFolder } from './rooms/folders.ts';

/** A client that the server has let in. */
async function join(t: ExecutionContext, url: string) {
  const client = await connect(t, url);
  t.is(await client.next(), 'here');
  return client;
}

/** Sends until it is there: a process may not listen to the others yet. */
async function untilHeard(from: BroadcastProcess, by: { next(): Promise<string> }): Promise<void> {
  let heard = false;
  const first = by.next().then(() => {
    heard = true;
  });
  let sent = 0;
  await until(async () => {
    if (!heard) await from.broadcast(`try ${++sent}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    return heard;
  });
  await first;
  await from.broadcast('begin');
  while ((await by.next()) !== 'begin');
}

async function reachesAll(t: ExecutionContext, place: string): Promise<void> {
  const [one, two] = await Promise.all([startBroadcastProcess(t, place), startBroadcastProcess(t, place)]);
  const here = await join(t, one.url);
  const there = await join(t, two.url);
  const red = await join(t, `${two.url}/red`);
  await untilHeard(one, there);
  while ((await red.next()) !== 'begin');
  while ((await here.next()) !== 'begin');

  t.is(await one.broadcast('to all \u674e\u65fa'), 1);
  for (const client of [here, there, red]) t.is(await client.next(), 'to all \u674e\u65fa');
  t.is(await one.broadcast('to red', { group: 'red' }), 0);
  t.is(await one.broadcast('to nobody', { group: 'green' }), 0);
  t.is(await one.broadcast('by a filter', { path: '/' }), 1);
  t.is(await here.next(), 'by a filter');
  t.is(await two.broadcast('back'), 2);
  for (const client of [here, there]) t.is(await client.next(), 'back');
  t.deepEqual([await red.next(), await red.next()].sort(), ['back', 'to red']);
  for (let i = 0; i < 100; i++) await one.broadcast(`${i}`);
  for (let i = 0; i < 100; i++) t.deepEqual([await here.next(), await there.next()], [`${i}`, `${i}`]);
}

test('what a server sends to everybody or a group reaches those of another process, with LMDB', async (t) => {
  await reachesAll(t, emptyFolder(t));
});

test('what a server sends to everybody or a group reaches those of another process, with Redis', async (t) => {
  if (missing(t, redisServer)) return;
  const redis = new RedisProcess();
  t.teardown(() => redis.end());
  await redis.start();
  await reachesAll(t, redis.url);
});

/** A log whose appends and heads fail as long as one says so. */
class FailingLog extends MemoryLog {
  failing = false;

  override async append(...args: Parameters<MemoryLog['append']>) {
    this.#fail();
    return super.append(...args);
  }

  override async head(room: string) {
    this.#fail();
    return super.head(room);
  }

  #fail(): void {
    if (this.failing) throw new RoomError('unavailable', 'the store is away');
  }
}

test('where the store fails a server reaches its own connections, says what is wrong, and goes on when the store does', async (t) => {
  const log = new FailingLog();
  const rooms = new Rooms(log, new MemoryPresence());
  t.teardown(() => log.close());
  log.failing = true;
  const errors: unknown[] = [];
  const start = async () => {
    const server = createServer({ rooms }).on('relayError', (error) => errors.push(error));
    t.teardown(() => {
      server.close();
      server.terminate();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return server;
  };
  const [one, two] = [await start(), await start()];
  const [here, there] = [
    await connect(t, `ws://127.0.0.1:${one.port}`),
    await connect(t, `ws://127.0.0.1:${two.port}`),
  ];
  await until(() => one.connections.length === 1 && two.connections.length === 1);
  t.is(one.broadcast('alone'), 1);
  t.is(await here.next(), 'alone');
  await until(() => errors.length > 2);
  t.true(errors.every((error) => error instanceof RoomError));
  log.failing = false;
  await until(() => rooms.usage().readers === 2);
  t.is(one.broadcast('together'), 1);
  t.deepEqual([await here.next(), await there.next()], ['together', 'together']);
  const closed = once(two, 'close');
  two.close();
  two.terminate();
  await closed;
  await until(() => rooms.usage().readers === 1);
});
