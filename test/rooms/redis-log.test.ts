import test, { type ExecutionContext } from 'ava';
import type { EventLog } from '../../src/rooms/event-log.ts';
import type { LogOptions } from '../../src/rooms/log-limits.ts';
import { openRedisLog } from '../../src/rooms/redis/log.ts';
import { missing, redisServer } from '../helpers/tools.ts';
import { testEventLog } from '../suites/event-log.ts';
import { connectTo, newName, sharedRedis } from './redis-stores.ts';

const names = new WeakMap<EventLog, string>();

if (redisServer.path() === undefined) {
  // Says so and passes; with CI=true it fails.
  test('needs Redis', (t) => {
    missing(t, redisServer);
  });
} else {
  const redis = sharedRedis(test);

  const openNamed = async (t: ExecutionContext, name: string, options?: LogOptions): Promise<EventLog> => {
    const log = await openRedisLog(await connectTo(t, redis), { ...options, name });
    names.set(log, name);
    t.teardown(() => log.close());
    return log;
  };
  const nameOf = (log: EventLog) => names.get(log) ?? '';

  testEventLog({
    file: 'test/rooms/redis-log.test.ts',
    open: (t, options) => openNamed(t, newName(), options),
    async reopen(t, log, options) {
      await log.close();
      return openNamed(t, nameOf(log), options);
    },
    openAnother: (t, log, options) => openNamed(t, nameOf(log), options),
  });
}
