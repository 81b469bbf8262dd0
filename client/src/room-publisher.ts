import type { Ack, ClientMessage, ErrorMessage } from '../../src/rooms/protocol.ts';
import { type Backoff, defaultBackoff, retryDelay } from './backoff.ts';
import type { Outbox, PublishedLine } from './outbox.ts';
import { type OutboxLine, RoomError } from './room-error.ts';

export interface PublisherOptions {
  readonly backoff?: Backoff | undefined;
  readonly maxUnacknowledged: number;
  readonly maxInFlight: number;
}

/** Sends the lines of an outbox, in order, until each is acknowledged or refused for good. */
export class Publisher {
  readonly #outbox: Outbox;
  readonly #options: PublisherOptions;
  readonly #send: (message: ClientMessage) => void;
  #joined = false;
  /** Failures in a row; while there are any, one line at a time is tried, so that none is overtaken. */
  #failures = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(outbox: Outbox, options: PublisherOptions, send: (message: ClientMessage) => void) {
    this.#outbox = outbox;
    this.#options = options;
    this.#send = send;
  }

  publish(text: string): PublishedLine {
    const { maxUnacknowledged } = this.#options;
    if (this.#outbox.size >= maxUnacknowledged) {
      const message = `publish: ${this.#outbox.size} lines wait to be acknowledged, the limit is ${maxUnacknowledged}`;
      return this.#outbox.refuseNew(text, (line) => new RoomError('queue_full', message, true, line));
    }
    const line = this.#outbox.add(text);
    this.#sendNext();
    return line;
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
    this.#outbox.connectionLost();
  }

  /** Undefined where the line is not ours, or was acknowledged before. */
  acknowledged({ key = '', position }: Ack): OutboxLine | undefined {
    const line = this.#outbox.acknowledge(key, position);
    this.#failures = 0;
    this.#sendNext();
    return line;
  }

  /** The error of a line that is given up; undefined where it will be tried again. */
  failed({ key = '', code, message, retryable }: ErrorMessage): RoomError | undefined {
    if (retryable) {
      this.#outbox.postpone(key);
      this.#retryLater();
      return undefined;
    }
    const error = this.#outbox.refuse(key, (line) => new RoomError(code, message, false, line));
    this.#sendNext();
    return error;
  }

  /** The server has closed because of a message that is too long: sent again, the line would close every connection to come. */
  tooBig(reason: string): RoomError | undefined {
    const longest = this.#outbox.longestInFlight();
    return longest && this.#outbox.refuse(longest.key, (line) => new RoomError('bad_message', reason, false, line));
  }

  #sendNext(): void {
    if (!this.#joined || this.#retryTimer) return;
    const window = this.#failures > 0 ? 1 : this.#options.maxInFlight;
    for (const { key, text } of this.#outbox.takeUnsent(window)) this.#send({ type: 'publish', key, text });
  }

  #retryLater(): void {
    if (this.#retryTimer) return;
    this.#failures += 1;
    const retry = () => {
      this.#retryTimer = undefined;
      this.#sendNext();
    };
    this.#retryTimer = setTimeout(retry, retryDelay(this.#failures, this.#options.backoff ?? defaultBackoff));
  }
}
