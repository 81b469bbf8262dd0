/** What `GET /status` answers: counters since the start of one process. Bytes, seconds. */
export interface Reading {
  /** The machine's name. */
  readonly host: string;
  /** PM2's number of the process, where it has one. */
  readonly instance?: string;
  readonly pid: number;
  readonly version: string;
  readonly uptime: number;
  readonly memory: number;
  readonly cpu: number;
  readonly open: number;
  readonly closing: number;
  readonly streams: number;
  readonly outboxBytes: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly delivery: { readonly bounds: readonly number[]; readonly atMost: readonly number[]; readonly count: number };
  readonly rooms: readonly { readonly store: string; readonly room: string; readonly readers: number }[];
}

/** What happened between two readings. Null where nothing can be said: nothing was delivered. */
export interface Point {
  /** Seconds since 1970. */
  readonly time: number;
  readonly connections: number;
  /** Per second. */
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Milliseconds. */
  readonly median: number | null;
  readonly slow: number | null;
  /** Of one processor, from 0 to 1. */
  readonly load: number;
}

/** Seconds that are kept. */
export const KEPT = 300;

/** How long a process counts that does not answer any more, in seconds. */
const FORGOTTEN = 60;

/** The readings of one process. */
export interface Process {
  latest: Reading;
  /** When it was read, in seconds since 1970. */
  at: number;
  points: Point[];
}

/** Tells a process from all others; machines may have the same numbers. */
export function keyOf({ host, pid }: Reading): string {
  return `${host} ${pid}`;
}

/** The processes that have answered: behind one port any of them may be the next. */
export class Processes {
  readonly #known = new Map<string, Process>();
  #chosen = '';

  get all(): readonly Process[] {
    return [...this.#known.values()].sort((a, b) => order(a.latest, b.latest));
  }

  /** The one that is shown: who was chosen as long as it is there, else who answered first. */
  get shown(): Process | undefined {
    return this.#known.get(this.#chosen) ?? this.#known.values().next().value;
  }

  /** @param key see `keyOf` */
  choose(key: string): void {
    this.#chosen = key;
  }

  /** @param now seconds since 1970 */
  add(reading: Reading, now: number): void {
    const key = keyOf(reading);
    const known = this.#known.get(key);
    // A process that began anew under the same number counts from zero.
    const before = known && known.latest.uptime <= reading.uptime ? known : undefined;
    const points = before?.points.filter(({ time }) => time > now - KEPT) ?? [];
    if (before && reading.uptime > before.latest.uptime) points.push(pointOf(before.latest, reading, now));
    this.#known.set(key, { latest: reading, at: now, points });
    for (const [one, { at }] of this.#known) if (at < now - FORGOTTEN) this.#known.delete(one);
  }
}

function order(a: Reading, b: Reading): number {
  return a.host === b.host ? a.pid - b.pid : a.host < b.host ? -1 : 1;
}

function pointOf(before: Reading, after: Reading, time: number): Point {
  const seconds = after.uptime - before.uptime;
  const rate = (name: 'messagesIn' | 'messagesOut' | 'bytesIn' | 'bytesOut' | 'cpu') =>
    Math.max(0, after[name] - before[name]) / seconds;
  return {
    time,
    connections: after.open,
    messagesIn: rate('messagesIn'),
    messagesOut: rate('messagesOut'),
    bytesIn: rate('bytesIn'),
    bytesOut: rate('bytesOut'),
    median: quantile(before, after, 0.5),
    slow: quantile(before, after, 0.99),
    load: rate('cpu'),
  };
}

/** The bound that so many of the deliveries between two readings did not exceed, in milliseconds; those above all bounds count as the last. */
function quantile({ delivery: before }: Reading, { delivery: after }: Reading, share: number): number | null {
  const count = after.count - before.count;
  if (count <= 0) return null;
  const place = after.atMost.findIndex((value, at) => value - (before.atMost[at] ?? 0) >= share * count);
  return (after.bounds.at(place) ?? 0) * 1000;
}
