import type { ExecutionContext, TestFn } from 'ava';
import { openRedis, type RedisOptions, type RedisServer } from '../../src/rooms/redis/server.ts';
import { RedisProcess } from '../helpers/redis.ts';
import { until } from '../helpers/server.ts';

/** One Redis for all tests of a file. */
export function sharedRedis(test: TestFn): RedisProcess {
  const redis = new RedisProcess();
  test.before(async () => void (await redis.start()));
  test.after.always(() => redis.end());
  return redis;
}

/** Milliseconds; the machine may be busy with other tests. */
export const PATIENCE = 60_000;

let stores = 0;

/** A name that no other store of this process has. */
export function newName(): string {
  return `test${process.pid}-${++stores}`;
}

/** A connection that ends with the test, after what was registered later. */
export async function connectTo(
  t: ExecutionContext,
  redis: RedisProcess,
  options?: RedisOptions,
): Promise<RedisServer> {
  const server = await openRedis(redis.url, { patience: PATIENCE, ...options });
  t.teardown(() => server.close());
  // On a machine that is busy a first connection takes its time.
  await until(() => server.problem === undefined);
  return server;
}
