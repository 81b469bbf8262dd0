import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Milliseconds between two signs of life of a machine, and after the last of which it counts as gone. */
const BEAT = 10_000;
const GONE = 30_000;

/** A record that nobody has renewed for so long, in milliseconds, is deleted. */
const FORGOTTEN = 86_400_000;

/** Bytes of a record; more is none of ours. */
const MAX_BYTES = 1_000;

export interface MachineRecord {
  /** The name of another machine that uses the folder now; undefined where none is known to. */
  readonly other: string | undefined;
  /** This process goes; where others of the machine stay they say so themselves. */
  leave(): void;
}

/**
 * Says in a folder that this machine uses it, and reads whether another one does: with another name and another boot, so that neither a
 * container nor a restart of this machine counts. Times are those of the file system, which has one clock for all. What
 * cannot be written or read tells nothing.
 * @param boot names this start of the machine
 */
export function recordMachine(folder: string, boot: string, host = hostname()): MachineRecord {
  const own = join(folder, `${boot}.json`);
  const record = JSON.stringify({ host });
  let other: string | undefined;
  try {
    // Not recursively: below /proc that never returns.
    if (!existsSync(folder)) mkdirSync(folder);
    writeFileSync(own, record);
    other = otherMachine(folder, own, host);
  } catch {
    // A full disk, say: the stores will tell.
  }
  const timer = setInterval(() => void writeFile(own, record).catch(() => {}), BEAT).unref();
  const leave = () => {
    clearInterval(timer);
    try {
      rmSync(own, { force: true });
    } catch {
      // It is old in half a minute.
    }
  };
  return { other, leave };
}

function otherMachine(folder: string, own: string, host: string): string | undefined {
  const now = statSync(own).mtimeMs;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const { mtimeMs, size } = statSync(path);
    if (path === own || !name.endsWith('.json') || size > MAX_BYTES) continue;
    if (mtimeMs < now - FORGOTTEN) rmSync(path, { force: true });
    const found = mtimeMs > now - GONE ? hostIn(path) : undefined;
    if (found !== undefined && found !== host) return found;
  }
  return undefined;
}

function hostIn(path: string): string | undefined {
  try {
    const { host } = JSON.parse(readFileSync(path, 'utf8')) as { host?: unknown };
    return typeof host === 'string' ? host : undefined;
  } catch {
    return undefined;
  }
}
