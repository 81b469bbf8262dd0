import type { Ack, ClientMessage, ErrorMessage } from '../../src/rooms/protocol.ts';
import { type Backoff, defaultBackoff, retryDelay } from './backoff.ts';
import { lineKey } from './random.ts';
import { type OutboxLine, RoomError } from './room-error.ts';
import type { RoomStore } from './room-store.ts';

/** A line that waits, and its acknowledgement. */
export interface PublishedLine extends OutboxLine {
  /** Resolves with the line's position when it is durable; rejects with a RoomError. */
  readonly acknowledged: Promise<string>;
}

export interface OutboxOptions {
  readonly backoff?: Backoff;
  readonly maxUnacknowledged: number;
  readonly maxInFlight: number;
}

class Entry implements PublishedLine {
  readonly key: string;
  readonly text: string;
  readonly acknowledged: Promise<string>;
  inFlight = false;
  resolve: (position: string) => void = () => {};
  reject: (error: RoomError) => void = () => {};

  constructor(text: string, key = lineKey()) {
    this.key = key;
    this.text = text;
    this.acknowledged = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // A failure is an event of the room too: not to wait for this promise must not end a process.
    this.acknowledged.catch(() => {});
  }

  get line(): OutboxLine {
    return { key: this.key, text: this.text };
  }
}

/** Lines of a room that are not acknowledged: sends them in order, again after each loss, and keeps them in the store until they are settled. */
export class Outbox {
  readonly #store: RoomStore;
  readonly #options: OutboxOptions;
  readonly #send: (message: ClientMessage) => void;
  /** By key, oldest first. */
  #entries = new Map<string, Entry>();
  #joined = false;
  /** Failures in a row; while there are any, one line at a time is tried, so that none is overtaken. */
  #failures = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(store: RoomStore, options: OutboxOptions, send: (message: ClientMessage) => void) {
    this.#store = store;
    this.#options = options;
    this.#send = send;
  }

  get lines(): readonly OutboxLine[] {
    return Array.from(this.#entries.values(), ({ line }) => line);
  }

  /** Takes up what was left in the store; it comes before what was added meanwhile. */
  async restore(): Promise<void> {
    const stored = await this.#store.lines();
    const restored = stored.map(([key, text]): [string, Entry] => [key, new Entry(text, key)]);
    this.#entries = new Map([...restored, ...this.#entries]);
  }

  publish(text: string): PublishedLine {
    const entry = new Entry(text);
    const { maxUnacknowledged } = this.#options;
    if (this.#entries.size >= maxUnacknowledged) {
      const message = `${maxUnacknowledged} lines wait to be acknowledged`;
      entry.reject(new RoomError('queue_full', message, true, entry.line));
    } else {
      this.#entries.set(entry.key, entry);
      this.#store.addLine(entry.key, text);
      this.#sendNext();
    }
    return entry;
  }

  joined(): void {
    this.#joined = true;
    this.#sendNext();
  }

  /** What was on its way may not have arrived: it goes out again with the next connection. */
  disconnected(): void {
    this.#joined = false;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    for (const entry of this.#entries.values()) entry.inFlight = false;
  }

  /** Undefined where the line is not ours, or was acknowledged before. */
  acknowledged({ key, position }: Ack): OutboxLine | undefined {
    const entry = this.#remove(key);
    entry?.resolve(position);
    this.#failures = 0;
    this.#sendNext();
    return entry?.line;
  }

  /** Tries the line again later, or gives it up; returns the error where that is so. */
  failed({ key, code, message, retryable }: ErrorMessage): RoomError | undefined {
    if (retryable) this.#retryLater(key);
    return retryable ? undefined : this.#giveUp(key, code, message);
  }

  /** The server has closed because of a message that is too long: sent again, the line would close every connection to come. */
  tooBig(reason: string): RoomError | undefined {
    const sent = [...this.#entries.values()].filter(({ inFlight }) => inFlight);
    const [longest] = sent.sort((a, b) => b.text.length - a.text.length);
    return this.#giveUp(longest?.key, 'bad_message', reason);
  }

  /** Nobody need wait any more; the lines stay. */
  closed(message: string): void {
    for (const { line, reject } of this.#entries.values()) reject(new RoomError('closed', message, true, line));
  }

  /** Those on their way are the oldest. */
  #sendNext(): void {
    if (!this.#joined || this.#retryTimer) return;
    let window = this.#failures > 0 ? 1 : this.#options.maxInFlight;
    for (const entry of this.#entries.values()) {
      if (window-- <= 0) break;
      if (!entry.inFlight) this.#send({ type: 'publish', ...entry.line });
      entry.inFlight = true;
    }
  }

  #retryLater(key = ''): void {
    const entry = this.#entries.get(key);
    if (entry) entry.inFlight = false;
    if (!entry || this.#retryTimer) return;
    this.#failures += 1;
    const retry = () => {
      this.#retryTimer = undefined;
      this.#sendNext();
    };
    this.#retryTimer = setTimeout(retry, retryDelay(this.#failures, this.#options.backoff ?? defaultBackoff));
  }

  #giveUp(key: string | undefined, code: RoomError['code'], message: string): RoomError | undefined {
    const entry = this.#remove(key);
    const error = entry && new RoomError(code, message, false, entry.line);
    if (error) entry.reject(error);
    this.#sendNext();
    return error;
  }

  #remove(key = ''): Entry | undefined {
    const entry = this.#entries.get(key);
    if (this.#entries.delete(key)) this.#store.deleteLine(key);
    return entry;
  }
}
