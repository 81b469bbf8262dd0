import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { livesBefore, newEpoch } from '../log-place.ts';
import { fromRecord, type LogTables, toRecord } from './records.ts';

/** Names the time since the machine was started. Where the system has no such name it is always the same: Linux is what has it. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

/**
 * The folder of a log that holds for one start of the machine; those of others go. What was never flushed may be anything
 * after a power cut, so it is not even opened.
 */
export function liveFolder(folder: string, boot: string): string {
  const name = `live-${boot}`;
  mkdirSync(folder, { recursive: true });
  for (const other of readdirSync(folder)) {
    if (other.startsWith('live-') && other !== name) rmSync(join(folder, other), { recursive: true, force: true });
  }
  return join(folder, name);
}

/**
 * Where the machine stopped without the log being closed, its newest events may be lost although they were acknowledged: the
 * rooms begin another life, in which positions beyond what was found are not valid. Inside a write transaction.
 * @returns whether it was so
 */
export function noticeBoot({ rooms, state }: LogTables, boot: string): boolean {
  const last = state.get('boot');
  if (last === boot) return false;
  state.putSync('boot', boot);
  if (last === undefined || state.get('clean') === true) return false;
  for (const { key, value } of [...rooms.getRange()]) {
    const room = toRecord(value);
    rooms.putSync(key, fromRecord({ ...room, epoch: newEpoch(), previous: livesBefore(room) }));
  }
  return true;
}

/** Inside the write transaction of whatever is written; what it returns true for must be flushed before it is acknowledged. */
export function unmarkClean({ state }: LogTables): boolean {
  if (state.get('clean') !== true) return false;
  state.removeSync('clean');
  return true;
}

export function markClean({ state }: LogTables): void {
  state.putSync('clean', true);
}
