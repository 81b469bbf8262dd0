import type { ExecutionContext } from 'ava';
import type { LogOptions } from '../../src/rooms/log-limits.ts';
import { MemoryLog } from '../../src/rooms/memory/log.ts';
import { testEventLog } from '../suites/event-log.ts';

testEventLog({
  file: 'test/rooms/memory-log.test.ts',
  async open(t: ExecutionContext, options?: LogOptions) {
    const log = new MemoryLog({ maxEvents: 10_000, ...options });
    t.teardown(() => log.close());
    return log;
  },
});
