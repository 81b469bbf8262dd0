import {
  encodeFrame,
  encodeText,
  MAX_HEADER_BYTES,
  maxTextFrameBytes,
  OPCODE,
  writeFrame,
  writeTextFrame,
} from './frame.ts';
import { relayedFrame } from './relay.ts';

/** What an outbox needs of a socket; `net.Socket` and `tls.TLSSocket` have it. */
export interface Sink {
  readonly writableLength: number;
  write(bytes: Buffer, callback?: (error?: Error | null) => void): boolean;
}

/** Called when the frame's bytes were handed to the operating system, or with the error that kept them from it. */
export type SentCallback = (error?: Error | null) => void;

/** Messages of one turn are encoded one after the other into a shared slab. */
const SLAB_BYTES = 32 * 1024;
/** Longer messages get a buffer of their own. */
const SLAB_MAX_LENGTH = 1023;

let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
let slabUsed = 0;

let dirty: Outbox[] = [];
let scheduled = false;

// The last batch that was joined: receivers of the same broadcasts have the same frames queued, so they share the join.
let joinedFrames: Buffer[] = [];
let joined: Buffer = slab;

/**
 * Frames on their way to one socket: one write per connection and turn of the event loop.
 *
 * The slow-reader rule: an outbox that holds more than `maxBytes`, here and in the socket, says `full`,
 * and its connection takes no further message for that reader.
 */
export class Outbox {
  readonly #socket: Sink;
  readonly #maxBytes: number;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #callbacks: SentCallback[] | undefined;
  #dirty = false;
  // The run of messages at the end of the queue that lie side by side in the slab, not yet cut out of it.
  #run: Buffer | undefined;
  #runStart = 0;
  #runEnd = 0;

  constructor(socket: Sink, maxBytes: number) {
    this.#socket = socket;
    this.#maxBytes = maxBytes;
  }

  /** Bytes that the operating system has not taken yet. */
  get bytes(): number {
    return this.#queuedBytes + this.#socket.writableLength;
  }

  get full(): boolean {
    return this.bytes > this.#maxBytes;
  }

  /** Queues one encoded frame; it may be shared between outboxes. */
  push(frame: Buffer, sent?: SentCallback): void {
    this.#endRun();
    this.#queue.push(frame);
    this.#queued(frame.length, sent);
  }

  /** Queues a text, encoded now. */
  pushText(text: string, sent?: SentCallback): void {
    // A text that waits for a slow reader must not hold a whole slab.
    if (text.length > SLAB_MAX_LENGTH || this.#socket.writableLength > 0) {
      this.push(relayedFrame(text, OPCODE.TEXT) ?? encodeText(text), sent);
      return;
    }
    const start = slabPlace(maxTextFrameBytes(text));
    slabUsed = writeTextFrame(text, slab, start);
    this.#inSlab(start, sent);
  }

  /** Queues a message of bytes; a text's are UTF-8. */
  pushMessage(opcode: number, data: Uint8Array, sent?: SentCallback): void {
    if (data.length > SLAB_MAX_LENGTH || this.#socket.writableLength > 0) {
      this.push(relayedFrame(data, opcode) ?? encodeFrame(opcode, data), sent);
      return;
    }
    const start = slabPlace(data.length + MAX_HEADER_BYTES);
    slabUsed = writeFrame(opcode, data, slab, start);
    this.#inSlab(start, sent);
  }

  /** What was just written into the slab is next: behind the run of before, or the beginning of one. */
  #inSlab(start: number, sent: SentCallback | undefined): void {
    if (this.#run === slab && this.#runEnd === start) {
      this.#runEnd = slabUsed;
    } else {
      this.#endRun();
      this.#run = slab;
      this.#runStart = start;
      this.#runEnd = slabUsed;
    }
    this.#queued(slabUsed - start, sent);
  }

  /** Writes what waits, now instead of at the end of the turn. */
  flush(): void {
    this.#dirty = false;
    this.#endRun();
    const queue = this.#queue;
    if (queue.length === 0) return;
    const callbacks = this.#callbacks;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#callbacks = undefined;
    const bytes = queue.length === 1 ? (queue[0] as Buffer) : join(queue);
    if (callbacks === undefined) this.#socket.write(bytes);
    else {
      this.#socket.write(bytes, (error) => {
        for (const callback of callbacks) callback(error);
      });
    }
  }

  /** Forgets what waits; its callbacks are not called. */
  clear(): void {
    this.#run = undefined;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#callbacks = undefined;
  }

  #endRun(): void {
    if (this.#run === undefined) return;
    this.#queue.push(this.#run.subarray(this.#runStart, this.#runEnd));
    this.#run = undefined;
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

/** Where in the slab there is room. */
function slabPlace(room: number): number {
  if (slabUsed + room > SLAB_BYTES) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    slabUsed = 0;
  }
  return slabUsed;
}

function flushAll(): void {
  const now = dirty;
  dirty = [];
  scheduled = false;
  for (const outbox of now) outbox.flush();
}

function join(frames: Buffer[]): Buffer {
  if (frames.length !== joinedFrames.length || frames.some((frame, i) => frame !== joinedFrames[i])) {
    joined = Buffer.concat(frames);
    joinedFrames = frames;
  }
  return joined;
}
