import type { Deflate } from './deflate.ts';
import { encodeFrame, OPCODE } from './frame.ts';
import { owned } from './lent.ts';
import type { Outgoing } from './outgoing.ts';
import type { SentCallback } from './socket-writer.ts';

/** A message that waits for its turn to be compressed, or a frame that waits for a message before it. */
interface Waiting {
  opcode: number | undefined;
  bytes: Uint8Array;
  sent: SentCallback | undefined;
}

/**
 * An outbox that compresses the messages that are worth it.
 * Compressing takes a while, and everything after it waits, so that the order stays; what waits counts as queued.
 */
export class DeflatingOutbox implements Outgoing {
  readonly #outbox: Outgoing;
  readonly #deflate: Deflate;
  readonly #maxBytes: number;
  readonly #failed: (error: unknown) => void;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #busy = false;
  #onIdle: (() => void) | undefined;

  /** @param failed called when zlib fails, which only a lack of memory brings about */
  constructor(outbox: Outgoing, deflate: Deflate, maxBytes: number, failed: (error: unknown) => void) {
    this.#outbox = outbox;
    this.#deflate = deflate;
    this.#maxBytes = maxBytes;
    this.#failed = failed;
  }

  get bytes(): number {
    return this.#outbox.bytes + this.#waitingBytes;
  }

  get full(): boolean {
    return this.bytes > this.#maxBytes;
  }

  push(frame: Uint8Array, sent?: SentCallback): void {
    this.#take({ opcode: undefined, bytes: frame, sent });
  }

  pushText(text: string, sent?: SentCallback): void {
    this.#take({ opcode: OPCODE.TEXT, bytes: Buffer.from(text), sent });
  }

  pushMessage(opcode: number, data: Uint8Array, sent?: SentCallback): void {
    this.#take({ opcode, bytes: owned(data), sent });
  }

  /** A context of its own compresses it. */
  pushShared(text: string): void {
    this.pushText(text);
  }

  whenIdle(callback: () => void): void {
    if (this.#busy) this.#onIdle = callback;
    else callback();
  }

  flush(): void {
    this.#outbox.flush();
  }

  end(): void {
    this.#outbox.end();
  }

  abandon(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#busy = false;
    this.#onIdle = undefined;
    this.#deflate.end();
  }

  clear(): void {
    this.abandon();
    this.#outbox.clear();
  }

  #take(next: Waiting): void {
    if (this.#busy) {
      this.#waiting.push(next);
      this.#waitingBytes += next.bytes.length;
    } else {
      this.#send(next);
    }
  }

  #send({ opcode, bytes, sent }: Waiting): void {
    if (opcode === undefined) {
      this.#outbox.push(bytes as Buffer, sent);
    } else if (bytes.length < this.#deflate.threshold) {
      this.#outbox.push(encodeFrame(opcode, bytes), sent);
    } else {
      this.#busy = true;
      this.#waitingBytes += bytes.length;
      this.#deflate.compress(bytes, (payload) => this.#compressed(opcode, bytes.length, payload, sent), this.#failed);
    }
  }

  #compressed(opcode: number, bytes: number, payload: Buffer, sent: SentCallback | undefined): void {
    this.#busy = false;
    this.#waitingBytes -= bytes;
    this.#outbox.push(encodeFrame(opcode, payload, { compressed: true }), sent);
    while (!this.#busy) {
      const next = this.#waiting.shift();
      if (next === undefined) {
        this.#onIdle?.();
        return;
      }
      this.#waitingBytes -= next.bytes.length;
      this.#send(next);
    }
  }
}
