/** What `GET /status` answers: counters since the start of one process. Bytes, seconds. */
export interface Reading {
  /** Random; tells this life of the process from all others. */
  readonly id: string;
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
  /** All that share its store, this one too, in their order. */
  readonly processes: readonly Summary[];
  /** Why it knows none but itself. */
  readonly othersUnknown?: string;
}

/** What one process knows of another one: figures of some seconds ago. Bytes, seconds. */
export interface Summary {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly instance?: string;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly started: number;
  readonly ready: boolean;
  /** Connections. */
  readonly open: number;
  readonly messagesInPerSecond: number;
  readonly messagesOutPerSecond: number;
  readonly memory: number;
  /** Of one processor. */
  readonly load: number;
  /** The longest time that its event loop stood still. */
  readonly delay: number;
  /** Since its last sign of life. */
  readonly age: number;
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

/** How long the readings of a process are kept that does not answer any more, in seconds; shorter where the others do not know it either. */
const FORGOTTEN = 60;
const GONE = 10;

/** The readings of one process. */
export interface Process {
  latest: Reading;
  /** When it was read, in seconds since 1970. */
  at: number;
  points: Point[];
}

/** The processes that have answered: behind one port any of them may be the next. */
export class Processes {
  readonly #known = new Map<string, Process>();
  #chosen = '';
  #newest: Reading | undefined;

  /** What was answered last, by any of them. */
  get newest(): Reading | undefined {
    return this.#newest;
  }

  /** Whether it has answered a short while ago, so that it can be shown. */
  has(id: string): boolean {
    return this.#known.has(id);
  }

  /** The one that is shown: who was chosen as long as it is there, else who answered first. */
  get shown(): Process | undefined {
    return this.#known.get(this.#chosen) ?? this.#known.values().next().value;
  }

  choose(id: string): void {
    this.#chosen = id;
  }

  /** @param now seconds since 1970 */
  add(reading: Reading, now: number): void {
    const before = this.#known.get(reading.id);
    const points = before?.points.filter(({ time }) => time > now - KEPT) ?? [];
    if (before && reading.uptime > before.latest.uptime) points.push(pointOf(before.latest, reading, now));
    this.#known.set(reading.id, { latest: reading, at: now, points });
    this.#newest = reading;
    const isGone = (id: string) =>
      reading.othersUnknown === undefined && !reading.processes.some((process) => process.id === id);
    for (const [id, { at }] of this.#known) if (at < now - (isGone(id) ? GONE : FORGOTTEN)) this.#known.delete(id);
  }
}

/** What all of them do together. */
export function sumOf(processes: readonly Summary[]) {
  const add = (name: 'open' | 'messagesInPerSecond' | 'messagesOutPerSecond') =>
    processes.reduce((sum, process) => sum + process[name], 0);
  return {
    machines: new Set(processes.map(({ host }) => host)).size,
    open: add('open'),
    messagesIn: add('messagesInPerSecond'),
    messagesOut: add('messagesOutPerSecond'),
  };
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
