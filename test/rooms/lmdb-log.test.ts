import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { EventLog } from '../../src/rooms/event-log.ts';
import { openLmdbLog } from '../../src/rooms/lmdb-log.ts';
import type { LogOptions } from '../../src/rooms/log-limits.ts';
import { testEventLog } from '../suites/event-log.ts';

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
    const folder = mkdtempSync(join(tmpdir(), 'event-log-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    return openIn(t, folder, options);
  },
  async reopen(t, log, options) {
    await log.close();
    return openIn(t, folderOf(log), options);
  },
  openAnother: (t, log, options) => openIn(t, folderOf(log), options),
});
