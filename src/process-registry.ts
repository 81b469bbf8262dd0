import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { z } from 'zod';
import type { Presence } from './rooms/presence.ts';

/** What a process says of itself. Its rates, its load and its delay are those of the last `INTERVAL`. */
const summarySchema = z.object({
  /** Random; tells this life of the process from all others. */
  id: z.string(),
  /** The machine's name. */
  host: z.string(),
  pid: z.number(),
  /** PM2's number of it, where it has one. */
  instance: z.string().optional(),
  version: z.string(),
  /** Milliseconds since 1970. */
  started: z.number(),
  /** False while no more clients are to be sent there. */
  ready: z.boolean(),
  /** WebSocket connections. */
  open: z.number(),
  messagesInPerSecond: z.number(),
  messagesOutPerSecond: z.number(),
  /** Bytes. */
  memory: z.number(),
  /** Of one processor, from 0 to 1 and, with threads, more. */
  load: z.number(),
  /** The longest time that the event loop stood still, in seconds. */
  delay: z.number(),
});

type ProcessSummary = z.infer<typeof summarySchema>;

/** A process as /status lists it; `age` is how long ago its last sign of life was, in seconds. */
type KnownProcess = ProcessSummary & { readonly age: number };

export interface KnownProcesses {
  /** This one is always among them. In the order of machines and numbers. */
  readonly processes: readonly KnownProcess[];
  /** Why the others cannot be known now; none where they are. */
  readonly othersUnknown?: string;
}

/** What has been counted since the start. */
interface Counted {
  readonly messagesIn: number;
  readonly messagesOut: number;
}

export interface ProcessRegistryOptions {
  presence: Presence;
  version: string;
  /** Why the store cannot be used; undefined where it can. */
  problem(): string | undefined;
  isReady(): boolean;
  /** How many there are. */
  connections(): number;
  messages(): Promise<Counted>;
}

/** Milliseconds between two looks at oneself. */
const INTERVAL = 5_000;

/** Milliseconds between two looks of the system at the event loop: what is shorter is not seen. */
const RESOLUTION = 20;

/** The processes that share a store: each says every few seconds how it is, and knows what the others have said. */
export class ProcessRegistry {
  readonly #options: ProcessRegistryOptions;
  readonly #delays: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  #counted: Counted = { messagesIn: 0, messagesOut: 0 };
  #cpu = 0;
  /** On the clock of `performance`, in milliseconds. */
  #at = 0;
  #latest: ProcessSummary;
  #telling: Promise<void> | undefined;

  constructor(options: ProcessRegistryOptions) {
    const { NODE_APP_INSTANCE: instance } = process.env;
    this.#options = options;
    this.#latest = {
      id: randomUUID(),
      host: hostname(),
      pid: process.pid,
      ...(instance && { instance }),
      version: options.version,
      started: Math.round(performance.timeOrigin),
      ready: false,
      open: 0,
      messagesInPerSecond: 0,
      messagesOutPerSecond: 0,
      memory: 0,
      load: 0,
      delay: 0,
    };
  }

  /** What this process last said of itself. */
  get own(): ProcessSummary {
    return this.#latest;
  }

  /** Says something of this process from now on, and every few seconds anew. */
  async begin(): Promise<void> {
    this.#delays.enable();
    await this.tell();
    setInterval(() => void this.tell(), INTERVAL).unref();
  }

  /** Says how it is now; others know it within a second. What is told is of the end of a look, also where it had begun before. */
  tell(): Promise<void> {
    // Two at once would count the same messages, or over no time at all.
    this.#telling ??= this.#look().finally(() => {
      this.#telling = undefined;
    });
    return this.#telling;
  }

  /** Asks the store, where it can be used. */
  async list(): Promise<KnownProcesses> {
    const { presence, problem, isReady } = this.#options;
    const own = { ...this.#latest, ready: isReady(), age: 0 };
    const before = problem();
    if (before !== undefined) return { processes: [own], othersUnknown: before };
    try {
      const known = (await presence.processes()).flatMap(({ description, age }) => summariesIn(description, age));
      const others = known.filter(({ id }) => id !== own.id);
      return { processes: [own, ...others].sort(inOrder) };
    } catch {
      return { processes: [own], othersUnknown: problem() ?? 'the store does not answer' };
    }
  }

  async #look(): Promise<void> {
    const { presence, isReady, connections, messages } = this.#options;
    const counted = await messages();
    const cpu = processorSeconds();
    const at = performance.now();
    const seconds = Math.max(at - this.#at, 1) / 1000;
    this.#latest = {
      ...this.#latest,
      ready: isReady(),
      open: connections(),
      messagesInPerSecond: (counted.messagesIn - this.#counted.messagesIn) / seconds,
      messagesOutPerSecond: (counted.messagesOut - this.#counted.messagesOut) / seconds,
      memory: process.memoryUsage.rss(),
      load: (cpu - this.#cpu) / seconds,
      delay: Math.max(0, this.#delays.max / 1e6 - RESOLUTION) / 1000,
    };
    this.#counted = counted;
    this.#cpu = cpu;
    this.#at = at;
    this.#delays.reset();
    presence.describe(JSON.stringify(this.#latest));
  }
}

/** One, or none where a process of another version says something else. */
function summariesIn(description: string, age: number): KnownProcess[] {
  try {
    return [{ ...summarySchema.parse(JSON.parse(description)), age: age / 1000 }];
  } catch {
    return [];
  }
}

function inOrder(a: ProcessSummary, b: ProcessSummary): number {
  if (a.host !== b.host) return a.host < b.host ? -1 : 1;
  return a.pid - b.pid || a.started - b.started;
}

/** Of this process since its start. */
export function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
