import { setTimeout as delay } from 'node:timers/promises';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { LogSize } from '../rooms/event-log.ts';
import type { RoomsObserver } from '../rooms/observer.ts';
import type { Rooms } from '../rooms/rooms.ts';
import { Durations } from './durations.ts';

/** Seconds; times of events are whole milliseconds. */
const BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

/** Milliseconds that a store may take to say how large it is: who asks for metrics does not wait for one that is gone. */
const SIZE_PATIENCE = 1000;

/** A histogram of all stores together: `atMost` counts those up to each of the bounds, in seconds. */
export interface Deliveries {
  readonly bounds: readonly number[];
  readonly atMost: readonly number[];
  readonly count: number;
}

type ByStore = 'store';

/** Counts of the rooms of each store. */
export class RoomMetrics {
  readonly #registers: Registry[];
  readonly #watched: [store: string, rooms: Rooms][] = [];
  readonly #gauges: ReturnType<typeof gaugesIn>;
  readonly #published: Counter<ByStore | 'result'>;
  readonly #publishTime: Durations;
  readonly #delivery: Durations;
  readonly #resumes: Counter<ByStore | 'outcome'>;
  readonly #acks: Counter<ByStore>;
  readonly #gaps: Counter<ByStore>;
  readonly #lost: Counter<ByStore>;
  readonly #resets: Counter<ByStore>;
  readonly #fallenBehind: Counter<ByStore>;
  readonly #failures: Counter<ByStore>;
  /** Tells the counters what was counted beside them. */
  readonly #tallies: (() => void)[] = [];

  constructor(register: Registry) {
    this.#registers = [register];
    this.#gauges = gaugesIn(this.#registers);
    this.#published = this.#counter('appends_total', 'Publications to rooms, by what became of them', 'result');
    this.#publishTime = new Durations({
      name: 'text_event_append_seconds',
      help: 'From asking for a publication to its being durable',
      bounds: BUCKETS,
      register,
    });
    this.#delivery = new Durations({
      name: 'text_event_delivery_seconds',
      help: 'From the time of an event to its bytes being written to the sockets of all at the head; once per event',
      bounds: BUCKETS,
      register,
    });
    this.#resumes = this.#counter('resumes_total', 'Readers who came, by what they found', 'outcome');
    this.#acks = this.#counter('acks_total', 'Acknowledgements sent to WebSockets');
    this.#gaps = this.#counter('gaps_total', 'Times that a reader was told that events are missing');
    this.#lost = this.#counter('gap_events_total', 'Events that readers were told they miss');
    this.#resets = this.#counter('resets_total', 'Times that a reader was told that the log begins anew');
    this.#fallenBehind = this.#counter('fallen_behind_total', 'Times that a reader at the head had too much waiting');
    this.#failures = this.#counter('store_errors_total', 'Times that the store of the rooms failed');
  }

  observer(store: string): RoomsObserver {
    const publishTime = this.#publishTime.of(store);
    const appended = this.#tally((count) => this.#published.inc({ store, result: 'appended' }, count));
    return {
      published: (result, seconds) => {
        if (result === 'appended') appended();
        else this.#published.inc({ store, result });
        publishTime(seconds);
      },
      acknowledged: this.#tally((count) => this.#acks.inc({ store }, count)),
      pushed: this.#afterWriting(this.#delivery.of(store)),
      resumed: (outcome) => this.#resumes.inc({ store, outcome }),
      gap: (lost) => {
        this.#gaps.inc({ store });
        this.#lost.inc({ store }, lost);
      },
      reset: () => this.#resets.inc({ store }),
      fellBehind: () => this.#fallenBehind.inc({ store }),
      failed: () => this.#failures.inc({ store }),
    };
  }

  watch(store: string, rooms: Rooms): void {
    this.#watched.push([store, rooms]);
    // What has not happened is 0 and not absent, so that a rate can be told from the first time on.
    for (const metric of [this.#acks, this.#gaps, this.#lost, this.#resets, this.#fallenBehind, this.#failures]) {
      metric.inc({ store }, 0);
    }
    for (const result of ['appended', 'duplicate', 'unavailable']) this.#published.inc({ store, result }, 0);
    for (const outcome of ['exact', 'gap', 'reset', 'head']) this.#resumes.inc({ store, outcome }, 0);
  }

  /** Deliveries so far in all stores, by the seconds that they took: up to each bound, and in all. */
  deliveries(): Deliveries {
    return { bounds: BUCKETS, ...this.#delivery.total() };
  }

  async collect(): Promise<void> {
    for (const tell of this.#tallies) tell();
    await Promise.all(this.#watched.map(([store, rooms]) => this.#collectOf(store, rooms)));
  }

  async #collectOf(store: string, watched: Rooms): Promise<void> {
    const { rooms, readers, behind, tailBytes, logRooms, logEvents, logBytes } = this.#gauges;
    const usage = watched.usage();
    rooms.set({ store }, usage.rooms);
    readers.set({ store }, usage.readers);
    behind.set({ store }, usage.behind);
    tailBytes.set({ store }, usage.tailBytes);
    const size = await sizeOf(watched);
    if (size === undefined) return;
    logRooms.set({ store }, size.rooms);
    logEvents.set({ store }, size.events);
    logBytes.set({ store }, size.bytes);
  }

  /** What is sent in one turn of the event loop is written at its end, so the clock is read behind that, once for all. */
  #afterWriting(observe: (seconds: number) => void): (event: { at: number }) => void {
    let times: number[] = [];
    const observeAll = () => {
      const [now, all] = [Date.now(), times];
      times = [];
      for (const at of all) observe(Math.max(0, now - at) / 1000);
    };
    return ({ at }) => {
      if (times.push(at) === 1) setImmediate(observeAll);
    };
  }

  /** What happens with each publication is counted without a hash of labels. */
  #tally(tell: (count: number) => void): () => void {
    let count = 0;
    this.#tallies.push(() => {
      tell(count);
      count = 0;
    });
    return () => {
      count++;
    };
  }

  #counter<L extends string = never>(name: string, help: string, ...labels: L[]): Counter<ByStore | L> {
    const labelNames: (ByStore | L)[] = ['store', ...labels];
    return new Counter({ name: `text_event_${name}`, help, labelNames, registers: this.#registers });
  }
}

function gaugesIn(registers: Registry[]) {
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `text_event_${name}`, help, labelNames: ['store'] as const, registers });
  return {
    rooms: gauge('rooms', 'Rooms that somebody in this process reads or watches'),
    readers: gauge('room_readers', 'Readers of rooms: WebSockets, streams and waiting polls'),
    behind: gauge('cursors_behind', 'Readers that are not at the head of their room'),
    tailBytes: gauge('tail_bytes', 'Newest events that are kept in memory'),
    logRooms: gauge('log_rooms', 'Rooms in the log, of all processes that share it'),
    logEvents: gauge('log_events', 'Events in the log, of all processes that share it'),
    logBytes: gauge('log_bytes', 'Bytes in use by the log, of all processes that share it'),
  };
}

/** A store that is being closed, or fails, has no size. */
async function sizeOf(rooms: Rooms): Promise<LogSize | undefined> {
  try {
    return await Promise.race([rooms.logSize(), delay(SIZE_PATIENCE, undefined, { ref: false })]);
  } catch {
    return undefined;
  }
}
