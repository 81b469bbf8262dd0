import { Counter, Gauge, Registry } from 'prom-client';
import type { RoomsObserver } from '../rooms/observer.ts';
import type { Rooms } from '../rooms/rooms.ts';
import type { Server } from '../server.ts';
import { ConnectionMetrics, type ConnectionTotals, type MessageCounts } from './connection-metrics.ts';
import { addProcessMetrics } from './process-metrics.ts';
import { type Deliveries, RoomMetrics } from './room-metrics.ts';

/** An HTTP request that was answered. */
export interface Answered {
  readonly method: string;
  /** The pattern of its route; undefined where it has none. */
  readonly route: string | undefined;
  readonly status: number;
}

/** The few numbers that a person looks at first; rates come from two of them. */
export interface Summary extends ConnectionTotals {
  readonly streams: number;
  readonly delivery: Deliveries;
}

export interface MetricsOptions {
  version: string;
  /** Open connections that are let in; may be Infinity. */
  maxConnections: number;
  isReady(): boolean;
  /** Open server-sent event streams. */
  streams(): number;
}

/** What /metrics shows: this process alone. What can be counted when it is asked for costs nothing before. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #rooms: RoomMetrics;
  readonly #requests: Counter<'method' | 'route' | 'status'>;
  readonly #streams: () => number;
  readonly #storeUp: Gauge;
  #connections: ConnectionMetrics | undefined;
  readonly #collectors: (() => void | Promise<void>)[] = [];

  constructor({ version, maxConnections, isReady, streams }: MetricsOptions) {
    const registers = [this.#registry];
    this.#streams = streams;
    addProcessMetrics(this.#registry);
    this.#rooms = new RoomMetrics(this.#registry);
    this.#collectors.push(() => this.#rooms.collect());
    const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
    const info = {
      name: 'text_event_info',
      help: 'Always 1; the version that runs',
      labelNames: ['version'],
      registers,
    };
    new Gauge(info).set({ version }, 1);
    gauge('text_event_connections_limit', 'MAX_CONNECTIONS').set(maxConnections);
    this.#storeUp = gauge('text_event_store_up', '1 while the store of the rooms can be read and written');
    const ready = gauge('text_event_ready', '1 while new clients are let in, 0 while it stops');
    const open = gauge('text_event_sse_streams', 'Open streams of server-sent events');
    this.#collectors.push(() => {
      ready.set(isReady() ? 1 : 0);
      open.set(streams());
    });
    this.#requests = new Counter({
      name: 'text_event_http_requests_total',
      help: 'HTTP requests answered, by route; publishing is POST /rooms/:room/events',
      labelNames: ['method', 'route', 'status'],
      registers,
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Every metric that is shown, with the names of its labels. */
  get labels(): ReadonlyMap<string, readonly string[]> {
    // The types do not know the property.
    const metrics = this.#registry.getMetricsAsArray() as { name: string; labelNames?: string[] }[];
    return new Map(metrics.map(({ name, labelNames = [] }) => [name, labelNames]));
  }

  /** In the text format of Prometheus. */
  async text(): Promise<string> {
    await Promise.all(this.#collectors.map((collect) => collect()));
    return this.#registry.metrics();
  }

  /** @throws where no server is watched yet */
  async summary(): Promise<Summary> {
    if (!this.#connections) throw new Error('no server is watched');
    await this.#connections.collect();
    return { ...this.#connections.totals, streams: this.#streams(), delivery: this.#rooms.deliveries() };
  }

  /**
   * Messages since the start: a look at 50,000 connections is some milliseconds, so that it may be asked for every few seconds.
   * @throws where no server is watched yet
   */
  messages(): Promise<MessageCounts> {
    if (!this.#connections) throw new Error('no server is watched');
    return this.#connections.messages();
  }

  /** @param paths the patterns of its routes */
  watch(server: Server, paths: readonly string[]): void {
    const connections = new ConnectionMetrics(server, paths, this.#registry);
    this.#connections = connections;
    this.#collectors.push(() => connections.collect());
  }

  /** @param store a name for the rooms of one store */
  observer(store: string): RoomsObserver {
    return this.#rooms.observer(store);
  }

  /** @param problem why the store of the rooms cannot be used; undefined where it can */
  watchStore(problem: () => string | undefined): void {
    this.#collectors.push(() => this.#storeUp.set(problem() === undefined ? 1 : 0));
  }

  watchRooms(store: string, rooms: Rooms): void {
    this.#rooms.watch(store, rooms);
  }

  /** A path or method that no route knows is `other`, so that clients cannot make up label values. */
  answered({ method, route, status }: Answered): void {
    this.#requests.inc(route === undefined ? { method: 'other', route: 'other', status } : { method, route, status });
  }
}
