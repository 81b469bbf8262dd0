import type { BufferBudget } from './buffer-budget.ts';
import {
  encodeFrame,
  encodeText,
  MAX_HEADER_BYTES,
  maxTextFrameBytes,
  OPCODE,
  writeFrame,
  writeTextFrame,
} from './frame.ts';
import { FrameChain } from './frame-chain.ts';
import type { Outgoing } from './outgoing.ts';
import { relayedFrame } from './relay.ts';
import { Slab } from './slab.ts';
import {
  type SentCallback,
  SocketWriter,
  untakenWrites,
  type WritableSocket,
  type WriterOwner,
} from './socket-writer.ts';

/** What bounds an outbox. */
export interface OutboxLimits {
  /** Bytes that may wait for a slow reader. */
  maxBufferedBytes: number;
  budget: BufferBudget;
}

/** Messages of one turn are encoded one after the other into a slab, short and long ones apart. */
const shorts = new Slab(32 * 1024);
const longs = new Slab(64 * 1024);
const SHORT_MAX_LENGTH = 1023;
/** Longer messages get a buffer of their own. */
const LONG_MAX_LENGTH = 20 * 1024;

/** Of the writes that were not taken at once, those that are known here. */
let untakenBefore = 0;

let dirty: Outbox[] = [];
let scheduled = false;

/** The chain that was begun last: receivers of the same broadcasts share it. */
let begun: FrameChain | undefined;

/**
 * Frames on their way to one socket: one write per connection and turn of the event loop.
 *
 * The slow-reader rule: where more than `maxBufferedBytes` wait, here and in the socket, an outbox says `full`,
 * and its connection takes no further message for that reader.
 */
export class Outbox implements Outgoing {
  readonly #writer: SocketWriter;
  readonly #maxBytes: number;
  #queue: FrameChain | undefined = undefined;
  #queuedBytes = 0;
  #callbacks: SentCallback[] | undefined = undefined;
  #dirty = false;
  // The run of messages at the end of the queue that lie side by side in the slab, not yet cut out of it.
  #run: ArrayBufferLike | undefined = undefined;
  #runStart = 0;
  #runEnd = 0;

  constructor(socket: WritableSocket, limits: OutboxLimits, owner: WriterOwner) {
    this.#writer = new SocketWriter(socket, limits.budget, owner);
    this.#maxBytes = limits.maxBufferedBytes;
  }

  get bytes(): number {
    return this.#queuedBytes + this.#writer.bytes;
  }

  get full(): boolean {
    return this.bytes > this.#maxBytes;
  }

  push(frame: Buffer, sent?: SentCallback): void {
    this.#endRun();
    this.#append(frame);
    this.#queued(frame.length, sent);
  }

  pushText(text: string, sent?: SentCallback): void {
    // A text that waits for a slow reader must not hold a whole slab.
    if (text.length > SHORT_MAX_LENGTH || this.#writer.bytes > 0) {
      this.push(relayedFrame(text, OPCODE.TEXT) ?? encodeText(text), sent);
      return;
    }
    const start = shorts.place(maxTextFrameBytes(text));
    this.#inSlab(shorts, start, writeTextFrame(text, shorts.bytes, start), sent);
  }

  pushMessage(opcode: number, data: Uint8Array, sent?: SentCallback): void {
    const relayed = relayedFrame(data, opcode);
    if (relayed !== undefined || data.length > LONG_MAX_LENGTH || this.#writer.bytes > 0) {
      this.push(relayed ?? encodeFrame(opcode, data), sent);
      return;
    }
    const slab = data.length > SHORT_MAX_LENGTH ? longs : shorts;
    const start = slab.place(data.length + MAX_HEADER_BYTES);
    this.#inSlab(slab, start, writeFrame(opcode, data, slab.bytes, start), sent);
  }

  /** What was just written into the slab is next: behind the run of before, or the beginning of one. */
  #inSlab(slab: Slab, start: number, end: number, sent: SentCallback | undefined): void {
    slab.used = end;
    if (this.#run !== slab.memory || this.#runEnd !== start) {
      this.#endRun();
      this.#run = slab.memory;
      this.#runStart = start;
    }
    this.#runEnd = end;
    this.#queued(end - start, sent);
  }

  pushShared(_text: string, frame: Buffer): void {
    this.push(frame);
  }

  flush(): void {
    this.#dirty = false;
    const run = this.#cutRun();
    const queue = this.#queue;
    const bytes = run === undefined || queue === undefined ? (run ?? queue?.joined) : queue.and(run).joined;
    if (bytes === undefined) return;
    const callbacks = this.#callbacks;
    this.#queue = undefined;
    this.#queuedBytes = 0;
    this.#callbacks = undefined;
    this.#writer.write(bytes, callbacks);
  }

  end(): void {
    this.flush();
    this.#writer.end();
  }

  /** The callbacks of what is forgotten are not called. */
  clear(): void {
    this.#writer.clear();
    this.#run = undefined;
    this.#queue = undefined;
    this.#queuedBytes = 0;
    this.#callbacks = undefined;
  }

  whenIdle(callback: () => void): void {
    callback();
  }

  abandon(): void {
    // Everything is encoded when it is queued.
  }

  #endRun(): void {
    const run = this.#cutRun();
    if (run !== undefined) this.#append(run);
  }

  /** The messages that lie side by side, as one. */
  #cutRun(): Buffer | undefined {
    if (this.#run === undefined) return undefined;
    // Less than half the price of `subarray`.
    const run = Buffer.from(this.#run, this.#runStart, this.#runEnd - this.#runStart);
    this.#run = undefined;
    return run;
  }

  #append(frame: Buffer): void {
    if (this.#queue !== undefined) this.#queue = this.#queue.and(frame);
    else if (begun?.is(frame)) this.#queue = begun;
    else this.#queue = begun = new FrameChain(frame);
  }

  #queued(bytes: number, sent: SentCallback | undefined): void {
    this.#queuedBytes += bytes;
    if (sent !== undefined) {
      this.#callbacks ??= [];
      this.#callbacks.push(sent);
    }
    if (this.#dirty) return;
    this.#dirty = true;
    dirty.push(this);
    if (!scheduled) {
      scheduled = true;
      setImmediate(flushAll);
    }
  }
}

function flushAll(): void {
  const now = dirty;
  dirty = [];
  scheduled = false;
  for (const outbox of now) outbox.flush();
  // What was sent meanwhile lies in the slabs already.
  if (dirty.length > 0) return;
  const untaken = untakenWrites();
  for (const slab of [shorts, longs]) {
    if (untaken === untakenBefore) slab.reuse();
    else slab.leave();
  }
  untakenBefore = untaken;
}
