import type { ExecutionContext } from 'ava';
import type { EventLog } from '../../src/rooms/event-log.ts';
import { openLmdbLog } from '../../src/rooms/lmdb/log.ts';
import type { LogOptions } from '../../src/rooms/log-limits.ts';
import { testEventLog } from '../suites/event-log.ts';
import { emptyFolder } from './folders.ts';

const folders = new WeakMap<EventLog, string>();

async function openIn(t: ExecutionContext, folder: string, options?: LogOptions): Promise<EventLog> {
  const log = await openLmdbLog(folder, options);
  folders.set(log, folder);
  t.teardown(() => log.close());
  return log;
}

function folderOf(log: EventLog): string {
  return folders.get(log) ?? '';
}

testEventLog({
  file: 'test/rooms/lmdb-log.test.ts',
  async open(t, options) {
    return openIn(t, emptyFolder(t), options);
  },
  async reopen(t, log, options) {
    await log.close();
    return openIn(t, folderOf(log), options);
  },
  openAnother: (t, log, options) => openIn(t, folderOf(log), options),
});
