import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { EventLog } from './event-log.ts';
import { bootId } from './lmdb-boot.ts';
import { beginLog } from './lmdb-log.ts';
import { openStore } from './lmdb-store.ts';
import { liveLimits } from './log-limits.ts';

/**
 * Opens a log for rooms that only have to outlive a reload. It does not wait for the disk: what it wrote before a restart
 * of the machine may be damaged, and is deleted.
 * @throws TextEventError ERR_STORE where the folder cannot be used
 */
export function openLiveLog(folder: string): Promise<EventLog> {
  const boot = bootId();
  const store = openStore(join(folder, boot), { flush: false });
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    if (name !== boot) rmSync(join(folder, name), { recursive: true, force: true });
  }
  return beginLog(store, liveLimits);
}
