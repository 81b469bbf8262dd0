import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds between two signs of life of a machine, and after the last of which it counts as gone. */
const BEAT = 10_000;
const GONE = 30_000;

/** A record that nobody has renewed for so long, in milliseconds, is deleted. */
const FORGOTTEN = 86_400_000;

/** Bytes of a record; more is none of ours. */
const MAX_BYTES = 1_000;

export interface MachineRecordOptions {
  /** This machine's name. @default the system's */
  readonly host?: string;
  /** Milliseconds between two signs of life. @default 10000 */
  readonly beat?: number;
}

/**
 * Says in a folder that this machine uses it, and tells of others that do: with another name and another boot, so that neither a
 * container nor a restart of this machine counts. It looks before it resolves, and again with each sign of life, for those that
 * come later. Times are those of the file system, which has one clock for all. What cannot be written or read tells nothing.
 * @param boot names this start of the machine
 * @param onOther told the name of another machine, once for each
 * @returns what this process calls when it goes; where others of the machine stay they say so themselves
 */
export async function recordMachine(
  folder: string,
  boot: string,
  onOther: (host: string) => void,
  { host = hostname(), beat = BEAT }: MachineRecordOptions = {},
): Promise<() => Promise<void>> {
  const own = join(folder, `${boot}.json`);
  const known = new Set([host]);
  const showLife = async () => {
    try {
      await writeRecord(folder, own, host);
      for (const other of await hostsIn(folder, own)) {
        if (!known.has(other)) onOther(other);
        known.add(other);
      }
    } catch {
      // A full disk, say: the stores will tell.
    }
  };
  await showLife();
  const life = new AbortController();
  const beating = every(beat, life.signal, showLife);
  return async () => {
    life.abort();
    await beating;
    // Where it cannot be deleted it is old in half a minute.
    await rm(own, { force: true }).catch(() => {});
  };
}

/** One after the other, since a file system of another machine may stand still. Resolves when it is ended. */
async function every(milliseconds: number, signal: AbortSignal, action: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await delay(milliseconds, undefined, { signal, ref: false }).then(action, () => {});
  }
}

async function writeRecord(folder: string, own: string, host: string): Promise<void> {
  // Not recursively: below /proc that never returns.
  if (!existsSync(folder)) await mkdir(folder);
  await writeFile(own, JSON.stringify({ host }));
}

/** Names of other machines that have shown life. */
async function hostsIn(folder: string, own: string): Promise<string[]> {
  const { mtimeMs: now } = await stat(own);
  const paths = (await readdir(folder)).filter((name) => name.endsWith('.json')).map((name) => join(folder, name));
  const hosts = await Promise.all(paths.filter((path) => path !== own).map((path) => hostIn(path, now)));
  return hosts.filter((host) => host !== undefined);
}

/** The name in a record that is young, and one of ours. */
async function hostIn(path: string, now: number): Promise<string | undefined> {
  try {
    const { mtimeMs, size } = await stat(path);
    if (mtimeMs < now - FORGOTTEN) await rm(path, { force: true });
    if (mtimeMs <= now - GONE || size > MAX_BYTES) return undefined;
    const { host } = JSON.parse(await readFile(path, 'utf8')) as { host?: unknown };
    return typeof host === 'string' ? host : undefined;
  } catch {
    // It has just gone, say.
    return undefined;
  }
}
