import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '../wire/connection.ts';
import type { Way } from './session.ts';

export interface BenchOptions extends Way {
  readonly connections: number;
  /** Messages per second of each connection. */
  readonly rate: number;
  readonly seconds: number;
  /** Bytes of a message. */
  readonly size: number;
  readonly json?: boolean;
}

/** How many messages a run has. */
export function messagesOf({ connections, rate, seconds }: BenchOptions): number {
  return connections * rate * seconds;
}

/** After the last message, for answers that are under way. */
const SETTLE_MS = 2_000;
const TICK_MS = 1;

/** A mark names the run, the connection and the message; around it servers may put names and greetings. */
const MARK = /<(\w{6}):(\d+):(\d+)>/;

/**
 * Sends marked messages at a steady rate, whatever comes back, and takes the time of each that does. Sending waits for no
 * answer, so that a server that stops for a second is charged with every message of that second.
 */
export class Load {
  sent = 0;
  /** Messages of this run that came, to whomever. */
  received = 0;
  /** Messages that came back to their own sender. */
  answered = 0;
  /** Milliseconds since the first message. */
  get elapsed(): number {
    return this.#start === 0 ? 0 : performance.now() - this.#start;
  }
  /** Milliseconds in which messages were sent. */
  sending = 0;
  /** Microseconds from sending to receiving. */
  readonly latency: RecordableHistogram = createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 3 });

  readonly #options: BenchOptions;
  readonly #run = Math.random().toString(36).slice(2).padEnd(6, '0').slice(0, 6);
  /** When each message was sent, by its number; and whether it came back. */
  readonly #sentAt: Float64Array;
  readonly #isAnswered: Uint8Array;
  readonly #total: number;
  #start = 0;

  constructor(options: BenchOptions) {
    this.#options = options;
    this.#total = messagesOf(options);
    this.#sentAt = new Float64Array(this.#total);
    this.#isAnswered = new Uint8Array(this.#total);
  }

  /** Sends for the time that was asked for, and waits for what is under way. */
  async run(connections: Connection[], signal: AbortSignal): Promise<void> {
    const { rate, seconds } = this.#options;
    const perMillisecond = (connections.length * rate) / 1000;
    const total = this.#total;
    this.#start = performance.now();
    // Evenly in time over all connections: message n is due n intervals after the start.
    for (let next = 0; next < total && !signal.aborted && this.elapsed < seconds * 1000 + SETTLE_MS; ) {
      for (const due = Math.min(total, this.elapsed * perMillisecond); next < due; next++)
        this.#send(connections, next);
      await delay(Math.max(TICK_MS, Math.min(100, next / perMillisecond - this.elapsed)));
    }
    this.sending = this.elapsed;
    const settled = performance.now() + SETTLE_MS;
    const open = () => connections.some(({ readyState, OPEN }) => readyState === OPEN);
    while (this.answered < this.sent && performance.now() < settled && !signal.aborted && open()) await delay(5);
  }

  /** A text that came to a connection. */
  take(connection: number, text: string): void {
    const [, run, sender, message] = MARK.exec(text) ?? [];
    const number = Number(message);
    const sentAt = this.#sentAt[number];
    if (run !== this.#run || !sentAt) return;
    this.received++;
    this.latency.record(Math.max(1, Math.round((performance.now() - sentAt) * 1000)));
    if (Number(sender) !== connection || this.#isAnswered[number]) return;
    this.#isAnswered[number] = 1;
    this.answered++;
  }

  #send(connections: Connection[], number: number): void {
    const index = number % connections.length;
    const text = `<${this.#run}:${index}:${number}>`.padEnd(this.#options.size, '.');
    this.#sentAt[number] = performance.now();
    if (connections[index]?.sendText(text)) this.sent++;
  }
}
