import { setImmediate as turn } from 'node:timers/promises';
import { Counter, Gauge, type Registry } from 'prom-client';
import { closeCodes } from '../close-codes.ts';
import type { Server } from '../server.ts';
import type { Connection } from '../wire/connection.ts';

/** Messages that connections have received and sent so far. */
export interface MessageCounts {
  messagesIn: number;
  messagesOut: number;
}

/** What connections have sent and received so far. */
interface Traffic extends MessageCounts {
  bytesIn: number;
  bytesOut: number;
}

/** Everything that connections do, on all paths. */
export interface ConnectionTotals extends Traffic, Present {}

/** The connections of one path at this moment. */
interface Present {
  open: number;
  closing: number;
  outboxBytes: number;
}

/** Connections that are added up in one turn of the event loop, which takes 2 ms or so; there may be 50,000. */
const SLICE = 1000;

/** Codes that a client may send too, but not make up: those of RFC 6455, and our own. */
const KNOWN_CODES: ReadonlySet<number> = new Set([
  ...Array.from({ length: 15 }, (_, i) => 1000 + i),
  ...Object.values(closeCodes).map(({ code }) => code),
]);

/**
 * Counts of a server's connections. Connections and their sockets count what they carry anyway: that is added up when it is
 * asked for, and when one ends. Label values are the server's own: the patterns of its routes.
 */
export class ConnectionMetrics {
  readonly #server: Server;
  /** By path, of the connections that have ended. */
  readonly #ended = new Map<string, Traffic>();
  readonly #connections: Gauge<'path' | 'state'>;
  readonly #outbox: Gauge<'path'>;
  readonly #fullest: Gauge;
  readonly #messages: Counter<'path' | 'direction'>;
  readonly #bytes: Counter<'path' | 'direction'>;
  #collecting: Promise<void> | undefined;
  #totals: ConnectionTotals = { ...noTraffic(), ...nobody() };

  constructor(server: Server, paths: readonly string[], register: Registry) {
    const registers = [register];
    this.#server = server;
    for (const path of paths) this.#ended.set(path, noTraffic());
    const byPath = { labelNames: ['path', 'direction'] as const, registers };
    this.#connections = new Gauge({
      name: 'text_event_connections',
      help: 'WebSocket connections, by the route that let them in',
      labelNames: ['path', 'state'],
      registers,
    });
    this.#outbox = new Gauge({
      name: 'text_event_outbox_bytes',
      help: 'Bytes that wait for readers',
      labelNames: ['path'],
      registers,
    });
    this.#fullest = new Gauge({
      name: 'text_event_outbox_bytes_max',
      help: 'Bytes that wait for the reader with the most waiting',
      registers,
    });
    this.#messages = new Counter({ name: 'text_event_messages_total', help: 'Messages of WebSockets', ...byPath });
    this.#bytes = new Counter({
      name: 'text_event_bytes_total',
      help: 'Bytes of WebSockets as sockets count them, with handshakes, headers and control frames',
      ...byPath,
    });
    this.#countEvents(registers);
  }

  /** Resolves when the numbers are those of the time of the call. */
  collect(): Promise<void> {
    this.#collecting ??= this.#addUp().finally(() => {
      this.#collecting = undefined;
    });
    return this.#collecting;
  }

  /** Messages at the time of the call, without what costs more to add up. */
  async messages(): Promise<MessageCounts> {
    const { messagesIn, messagesOut } = sumOf(this.#ended.values(), noTraffic());
    const sum = { messagesIn, messagesOut };
    for (const [i, { messagesReceived, messagesSent }] of [...this.#server.connections].entries()) {
      if (i % SLICE === SLICE - 1) await turn();
      sum.messagesIn += messagesReceived;
      sum.messagesOut += messagesSent;
    }
    return sum;
  }

  /** As they were last collected. */
  get totals(): ConnectionTotals {
    return this.#totals;
  }

  /** A connection that ends meanwhile still has its counts, and is not among the ended of the beginning: it counts once. */
  async #addUp(): Promise<void> {
    const traffic = new Map([...this.#ended].map(([path, sum]) => [path, { ...sum }]));
    const connections = [...this.#server.connections];
    const present = new Map<string, Present>();
    let most = 0;
    for (const [i, connection] of connections.entries()) {
      if (i % SLICE === SLICE - 1) await turn();
      const path = pathOf(connection);
      add(entryOf(traffic, path, noTraffic), connection);
      const { readyState, bufferedAmount } = connection;
      if (readyState === connection.CLOSED) continue;
      const counts = entryOf(present, path, nobody);
      counts[readyState === connection.OPEN ? 'open' : 'closing']++;
      counts.outboxBytes += bufferedAmount;
      most = Math.max(most, bufferedAmount);
    }
    this.#fullest.set(most);
    this.#totals = { ...sumOf(traffic.values(), noTraffic()), ...sumOf(present.values(), nobody()) };
    this.#show(traffic, present);
  }

  #show(traffic: Map<string, Traffic>, present: Map<string, Present>): void {
    this.#messages.reset();
    this.#bytes.reset();
    for (const [path, { messagesIn, messagesOut, bytesIn, bytesOut }] of traffic) {
      // A path that everybody has left goes on at 0.
      this.#showPresent(path, present.get(path) ?? nobody());
      this.#messages.inc({ path, direction: 'in' }, messagesIn);
      this.#messages.inc({ path, direction: 'out' }, messagesOut);
      this.#bytes.inc({ path, direction: 'in' }, bytesIn);
      this.#bytes.inc({ path, direction: 'out' }, bytesOut);
    }
  }

  #showPresent(path: string, { open, closing, outboxBytes }: Present): void {
    this.#connections.set({ path, state: 'open' }, open);
    this.#connections.set({ path, state: 'closing' }, closing);
    this.#outbox.set({ path }, outboxBytes);
  }

  #countEvents(registers: Registry[]): void {
    const handshakes = new Counter({
      name: 'text_event_handshakes_total',
      help: 'Requests to upgrade, and what was no request, by the status of the answer',
      labelNames: ['status'],
      registers,
    });
    const closes = new Counter({
      name: 'text_event_closes_total',
      help: 'Connections that have ended, by close code',
      labelNames: ['path', 'code'],
      registers,
    });
    const violations = new Counter({
      name: 'text_event_violations_total',
      help: 'Clients that broke the protocol or a limit, by the close code that they got',
      labelNames: ['code'],
      registers,
    });
    const failures = new Counter({
      name: 'text_event_handler_errors_total',
      help: 'Handlers that failed; the connection was closed with 1011',
      registers,
    });
    this.#server.on('connection', (connection) => {
      const path = pathOf(connection);
      handshakes.inc({ status: 101 });
      connection.on('close', (code) => {
        add(entryOf(this.#ended, path, noTraffic), connection);
        closes.inc({ path, code: KNOWN_CODES.has(code) ? code : 'other' });
      });
    });
    this.#server.on('refused', ({ status }) => handshakes.inc({ status }));
    this.#server.on('violation', ({ close }) => violations.inc({ code: close.code }));
    this.#server.on('handlerError', () => failures.inc());
  }
}

function pathOf({ route }: Connection): string {
  return route ?? 'other';
}

function noTraffic(): Traffic {
  return { messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0 };
}

function nobody(): Present {
  return { open: 0, closing: 0, outboxBytes: 0 };
}

function add(traffic: Traffic, { messagesReceived, messagesSent, socket }: Connection): void {
  traffic.messagesIn += messagesReceived;
  traffic.messagesOut += messagesSent;
  traffic.bytesIn += socket.bytesRead ?? 0;
  traffic.bytesOut += socket.bytesWritten ?? 0;
}

function sumOf<T extends Record<keyof T, number>>(parts: Iterable<T>, sum: T): T {
  for (const part of parts)
    for (const key of Object.keys(sum) as (keyof T)[]) sum[key] = (sum[key] + part[key]) as T[keyof T];
  return sum;
}

function entryOf<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
