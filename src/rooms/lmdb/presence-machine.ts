import { readFileSync, readlinkSync } from 'node:fs';

/** Enough to know later whether a process still runs, and not another one with its number. */
export interface ProcessMark {
  readonly pid: number;
  /** Ticks since the machine's start; undefined where the system does not say. */
  readonly started?: string | undefined;
  /** In which its number counts: containers have their own. */
  readonly namespace?: string | undefined;
}

export function ownMark(): ProcessMark {
  return { pid: process.pid, started: statOf('self')?.started, namespace: namespace() };
}

/** Whether a process still runs; undefined where that cannot be known from here: in another container, or without /proc. */
export function isRunning({ pid, started, namespace: its }: ProcessMark): boolean | undefined {
  if (started === undefined || its === undefined || its !== namespace()) return undefined;
  const stat = statOf(String(pid));
  return stat !== undefined && stat.started === started && !/[ZXx]/.test(stat.state);
}

/** Milliseconds on a clock that all processes of a machine share, and that nobody sets. */
export function machineTime(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

function namespace(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return undefined;
  }
}

/** Fields 3 and 22 of /proc/PID/stat (proc(5)); undefined where there is none. */
function statOf(pid: string): { state: string; started: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is a name in parentheses and may hold any character.
    const [state = '', ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state, started: rest[18] ?? '' };
  } catch {
    return undefined;
  }
}
