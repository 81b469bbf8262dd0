import type { Duplex } from 'node:stream';
import { closeCodes } from '../close-codes.ts';
import { ProtocolError } from '../errors.ts';
import type { BufferBudget } from './buffer-budget.ts';
import { FrameReader, type FrameReaderOptions, type FrameSink } from './frame-reader.ts';
import { RateLimit, type RateLimits, type RateVerdict } from './rate-limit.ts';

/** Who may want reading to pause. */
export const PAUSE = { HANDLER: 1, RATE: 2, INFLATE: 4 } as const;

export interface ReadingOptions extends FrameReaderOptions, RateLimits {
  budget: BufferBudget;
}

/** Who gets what is read. */
export interface ReadingOwner extends FrameSink {
  readonly readyState: number;
  readonly OPEN: number;
  /** Bytes that it keeps of a message that has not come whole. */
  readonly collectedBytes: number;
  /** What it was given made it throw. */
  handlerFailed(error: unknown): void;
  /** What has come of a message took all connections together over their bound. */
  onOverBudget(): void;
}

/** The reading side of a connection: when it reads and when it pauses, and what it holds meanwhile. */
export class Reading {
  readonly #socket: Duplex;
  readonly #owner: ReadingOwner;
  readonly #options: ReadingOptions;
  readonly #reader: FrameReader;
  readonly #rate: RateLimit | undefined;
  #ratePause: NodeJS.Timeout | undefined = undefined;
  /** Who wants it to pause, a bit for each. */
  #pauses = 0;
  #over = false;
  /** Bytes that the budget knows of. */
  #counted = 0;

  constructor(socket: Duplex, owner: ReadingOwner, options: ReadingOptions) {
    this.#socket = socket;
    this.#owner = owner;
    this.#options = options;
    this.#reader = new FrameReader(owner, options);
    const limited = Number.isFinite(options.messagesPerSecond) || Number.isFinite(options.bytesPerSecond);
    this.#rate = limited ? new RateLimit(options) : undefined;
  }

  allowCompression(): void {
    this.#reader.allowCompression();
  }

  get paused(): boolean {
    return this.#pauses !== 0;
  }

  receive(chunk: Buffer): void {
    try {
      this.#afterRead(this.#reader.read(chunk, this.#rate?.messagesLeft), chunk.length);
    } catch (error) {
      this.#owner.handlerFailed(error);
    }
    this.#count();
  }

  /** Stops the socket; what came with the message at hand is held where a handler asks for it. */
  pause(why: number): void {
    if (why === PAUSE.HANDLER) this.#reader.hold();
    this.#pauses |= why;
    this.#socket.pause();
  }

  /** Reading goes on when nobody wants it to pause any more: first what the reader holds, then the socket. */
  resume(why: number): void {
    this.#pauses &= ~why;
    if (why === PAUSE.INFLATE) this.#reader.inflated();
    try {
      this.#readHeld();
    } catch (error) {
      this.#owner.handlerFailed(error);
    }
    this.#count();
  }

  /** Whatever still comes is read and dropped, so that a Close that was sent is not lost to a reset. */
  drop(): void {
    this.discard();
    this.#pauses = 0;
    this.#socket.resume();
  }

  /** Nothing is handed out any more. */
  discard(): void {
    this.#reader.discard();
    this.#count();
  }

  /** The socket is gone. */
  end(): void {
    this.#over = true;
    clearTimeout(this.#ratePause);
    this.#count();
  }

  /** @param messages how many messages were completed by how many `bytes` */
  #afterRead(messages: number, bytes: number): void {
    if (this.#rate === undefined) return;
    this.#keepToRate(this.#rate.spend(messages, bytes));
    // The bucket was refilled meanwhile.
    if (this.#reader.holding) this.#readHeld();
  }

  #readHeld(): void {
    if (this.#pauses !== 0) return;
    this.#afterRead(this.#reader.resume(this.#rate?.messagesLeft), 0);
    if (this.#pauses === 0) this.#socket.resume();
  }

  /** Over the rate reading pauses, so that TCP slows the sender down; one that goes on is closed with 1008. */
  #keepToRate(verdict: RateVerdict): void {
    if (verdict === 'exceeded') {
      const { messagesPerSecond, bytesPerSecond, rateGrace } = this.#options;
      const rate = `${messagesPerSecond} messages or ${bytesPerSecond} bytes per second`;
      this.#reader.violate(new ProtocolError(closeCodes.POLICY_VIOLATION, `over ${rate} for ${rateGrace} ms`));
    } else if (verdict > 0 && this.#owner.readyState === this.#owner.OPEN) {
      this.pause(PAUSE.RATE);
      this.#ratePause = setTimeout(() => this.resume(PAUSE.RATE), verdict);
    }
  }

  /** Tells the budget what stays here at a chunk's end. */
  #count(): void {
    const bytes = this.#over ? 0 : this.#reader.bufferedBytes + this.#owner.collectedBytes;
    if (bytes === this.#counted) return;
    const more = bytes > this.#counted;
    this.#options.budget.change(bytes - this.#counted);
    this.#counted = bytes;
    if (more && this.#options.budget.exceeded) this.#owner.onOverBudget();
  }
}
