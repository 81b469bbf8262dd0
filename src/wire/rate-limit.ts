/** How much a connection may send; `Infinity` lifts a limit. */
export interface RateLimits {
  messagesPerSecond: number;
  bytesPerSecond: number;
  /** Milliseconds that a connection may stay at its limits, with pauses, before it is over the rate for good. */
  rateGrace: number;
}

/** A connection may send this many seconds' worth at once. */
const BURST_SECONDS = 5;

/** A pause longer than this is made of several. */
const MAX_PAUSE_MS = 60_000;

/** Within the rates; to be paused for some milliseconds; or over them for longer than the grace. */
export type RateVerdict = 0 | number | 'exceeded';

/**
 * Two token buckets, for messages and bytes, of one connection.
 * The clock is only looked at when a bucket seems empty, so that a connection within its rates costs two additions.
 */
export class RateLimit {
  readonly #limits: RateLimits;
  readonly #now: () => number;
  #messages = 0;
  #bytes = 0;
  /** When the buckets were last refilled. */
  #since: number;
  /** Since when the connection has not been below half of its burst. */
  #overSince: number | undefined = undefined;

  /** @param now a clock in milliseconds */
  constructor(limits: RateLimits, now: () => number = Date.now) {
    this.#limits = limits;
    this.#now = now;
    this.#since = now();
  }

  /** How many messages may come before it is paused; at least one, so that reading goes on after a pause. */
  get messagesLeft(): number {
    return Math.max(1, this.#limits.messagesPerSecond * BURST_SECONDS + 1 - this.#messages);
  }

  /** Counts what has come and says what follows from it. */
  spend(messages: number, bytes: number): RateVerdict {
    this.#messages += messages;
    this.#bytes += bytes;
    const { messagesPerSecond, bytesPerSecond } = this.#limits;
    if (this.#messages <= messagesPerSecond * BURST_SECONDS && this.#bytes <= bytesPerSecond * BURST_SECONDS) return 0;
    return this.#settle(messages, bytes);
  }

  #settle(newMessages: number, newBytes: number): RateVerdict {
    const { messagesPerSecond, bytesPerSecond, rateGrace } = this.#limits;
    const now = this.#now();
    const seconds = Math.max(0, now - this.#since) / 1000;
    this.#since = now;
    // Time gone by makes good for what was spent before it, not for what has just come.
    const messagesBefore = refill(this.#messages - newMessages, messagesPerSecond, seconds);
    const bytesBefore = refill(this.#bytes - newBytes, bytesPerSecond, seconds);
    const half = BURST_SECONDS / 2;
    if (messagesBefore < messagesPerSecond * half && bytesBefore < bytesPerSecond * half) this.#overSince = undefined;
    this.#messages = messagesBefore + newMessages;
    this.#bytes = bytesBefore + newBytes;
    const over = Math.max(overBy(this.#messages, messagesPerSecond), overBy(this.#bytes, bytesPerSecond));
    if (over <= 0) return 0;
    this.#overSince ??= now;
    return now - this.#overSince > rateGrace ? 'exceeded' : Math.min(Math.ceil(over * 1000), MAX_PAUSE_MS);
  }
}

function refill(spent: number, rate: number, seconds: number): number {
  return rate === Number.POSITIVE_INFINITY ? 0 : Math.max(0, spent - rate * seconds);
}

/** Seconds until a bucket is no longer overdrawn. */
function overBy(spent: number, rate: number): number {
  return rate === Number.POSITIVE_INFINITY ? 0 : spent / rate - BURST_SECONDS;
}
