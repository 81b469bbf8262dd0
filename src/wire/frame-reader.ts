import { ProtocolError } from '../errors.ts';
import { readClosePayload } from './close-payload.ts';
import { MAX_CONTROL_BYTES, OPCODE } from './frame.ts';
import { FrameHeader, INCOMPLETE, VIOLATION } from './frame-header.ts';
import { keep } from './lent.ts';
import { unmask } from './mask.ts';
import { MessageBuffer } from './message-buffer.ts';
import { type MessageLimits, MessageReader, type MessageSink } from './message-reader.ts';

/** What a reader finds in the bytes, in the order in which it lies there. */
export interface FrameSink extends MessageSink {
  onPing(payload: Buffer): void;
  onPong(payload: Buffer): void;
  /** A Close frame; 1005 and no reason where its payload is empty. Nothing follows it. */
  onClose(code: number, reason: string): void;
  /** What came breaks the protocol or a limit. Nothing follows it. */
  onViolation(error: ProtocolError): void;
}

export interface FrameReaderOptions extends MessageLimits {
  /** True on a server, whose clients must mask (RFC 6455 section 5.1); false on a client. */
  masked: boolean;
}

// What the reader waits for.
const HEADER = 0;
const PAYLOAD = 1;
/** After a Close frame or a violation: whatever still comes is dropped. */
const DISCARD = 2;
/** Until a compressed message is inflated. */
const WAIT = 3;

/** The first byte of a text in one frame, and the header's length where the second holds the payload's. */
const WHOLE_TEXT = 0x80 | OPCODE.TEXT;
const SHORT_HEADER_BYTES = 6;

/**
 * Bytes to messages, the receiving side of RFC 6455 section 5, without I/O: it walks from header to payload to header.
 * Chunks may be cut anywhere. They are unmasked where they lie; only what is cut off at a chunk's end is copied.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #options: FrameReaderOptions;
  readonly #header: FrameHeader;
  readonly #message: MessageReader;
  #state = HEADER;
  /** Bytes of the payload at hand that have come. */
  #received = 0;
  /** A control payload that a chunk's end cut; it may stand between the frames of a message, so it has its own place. */
  #control: MessageBuffer | undefined;
  /** Messages and control frames that the chunk at hand completed. */
  #completed = 0;
  /** How many it may complete. */
  #budget = 0;
  /** What of a chunk, or of several, waits for a compressed message or for the next budget. */
  #held: Buffer | undefined;

  constructor(sink: FrameSink, options: FrameReaderOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#header = new FrameHeader(options.masked);
    this.#message = new MessageReader(sink, options, this);
  }

  /**
   * Reads the next chunk to its end, or until as many messages are complete as the budget allows; what is left then
   * is held until `resume`. The chunk is overwritten.
   * @returns how many messages and control frames it completed
   */
  read(chunk: Buffer, budget = Number.POSITIVE_INFINITY): number {
    if (this.#held !== undefined) {
      this.#held = Buffer.concat([this.#held, chunk]);
      return 0;
    }
    this.#completed = 0;
    this.#budget = budget;
    let at = 0;
    while (at < chunk.length && this.#state < DISCARD && this.#completed < this.#budget) {
      const next = this.#readShortText(chunk, at);
      if (next !== at) at = next;
      else at = this.#state === HEADER ? this.#readHeader(chunk, at) : this.#readPayload(chunk, at);
    }
    if (at < chunk.length && this.#state !== DISCARD) this.#held = keep(chunk, at, chunk.length);
    return this.#completed;
  }

  /** Holds what is left of the chunk at hand. */
  hold(): void {
    this.#budget = 0;
  }

  /** Compression was agreed on: the first reserved bit has its meaning from now on. */
  allowCompression(): void {
    this.#header.allowCompression();
  }

  /** Something is held that `resume` would read. */
  get holding(): boolean {
    return this.#held !== undefined && this.#state !== WAIT;
  }

  /** Bytes of memory that what has come and is not handed out takes. */
  get bufferedBytes(): number {
    return this.#message.bufferedBytes + (this.#control?.capacity ?? 0) + (this.#held?.length ?? 0);
  }

  /** The compressed message is inflated; `resume` goes on with what is held. */
  inflated(): void {
    if (this.#state === WAIT) this.#state = HEADER;
  }

  /** Reads what is held, as `read` does. */
  resume(budget?: number): number {
    const held = this.#held;
    if (held === undefined || this.#state === WAIT) return 0;
    this.#held = undefined;
    return this.read(held, budget);
  }

  /** Drops whatever still comes. */
  discard(): void {
    this.#state = DISCARD;
    this.#message.discard();
    this.#control = undefined;
    this.#held = undefined;
  }

  /** Drops whatever still comes, and says why. */
  violate(error: ProtocolError): void {
    this.discard();
    this.#sink.onViolation(error);
  }

  /**
   * The most common frame, read in one go: a whole masked text of at most 125 bytes that begins at `at` and ends in the
   * chunk. Returns where it ends, or `at` for whatever else is there, which the states below read.
   */
  #readShortText(chunk: Buffer, at: number): number {
    const second = chunk[at + 1] as number;
    const start = at + SHORT_HEADER_BYTES;
    const end = start + (second & 0x7f);
    if (chunk[at] !== WHOLE_TEXT || second < 0x80 || second > 0x80 + MAX_CONTROL_BYTES || end > chunk.length) return at;
    if (this.#state !== HEADER || this.#header.cut || this.#message.begun) return at;
    if (!this.#options.masked || end - start > this.#options.maxMessageBytes) return at;
    this.#completed++;
    this.#message.readWholeText(chunk, start, end, unmask(chunk, start, end, chunk.readInt32BE(at + 2), 0));
    return end;
  }

  #readHeader(chunk: Buffer, at: number): number {
    const size = this.#header.read(chunk, at, this.#message);
    if (size === INCOMPLETE) return chunk.length;
    if (size === VIOLATION) {
      this.violate(this.#header.problem as ProtocolError);
      return chunk.length;
    }
    this.#state = PAYLOAD;
    this.#received = 0;
    // An empty payload has no bytes to wait for.
    return this.#header.length === 0 ? this.#readPayload(chunk, at + size) : at + size;
  }

  #readPayload(chunk: Buffer, start: number): number {
    const { length, key, opcode, fin, compressed } = this.#header;
    const end = Math.min(chunk.length, start + length - this.#received);
    const ascii = this.#options.masked && unmask(chunk, start, end, key, this.#received);
    this.#received += end - start;
    const done = this.#received === length;
    if (done) this.#state = HEADER;
    if (opcode >= OPCODE.CLOSE) {
      this.#readControl(chunk, start, end, done);
      return end;
    }
    if (done && fin) {
      this.#completed++;
      if (compressed) this.#state = WAIT;
    }
    this.#message.read(this.#header, chunk, start, end, ascii, done);
    return end;
  }

  #readControl(chunk: Buffer, start: number, end: number, done: boolean): void {
    if (end - start === this.#header.length) {
      this.#dispatchControl(keep(chunk, start, end));
      return;
    }
    this.#control ??= new MessageBuffer();
    this.#control.append(chunk, start, end);
    if (done) this.#dispatchControl(this.#control.take());
  }

  #dispatchControl(payload: Buffer): void {
    this.#completed++;
    if (this.#header.opcode === OPCODE.PING) this.#sink.onPing(payload);
    else if (this.#header.opcode === OPCODE.PONG) this.#sink.onPong(payload);
    else this.#readClose(payload);
  }

  #readClose(payload: Buffer): void {
    const close = readClosePayload(payload);
    if (close instanceof ProtocolError) {
      this.violate(close);
      return;
    }
    this.discard();
    this.#sink.onClose(close.code, close.reason);
  }
}
