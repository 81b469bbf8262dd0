import { isUtf8 } from 'node:buffer';
import { closeCodes, isSendableCloseCode } from '../close-codes.ts';
import { ProtocolError } from '../errors.ts';
import { MAX_CONTROL_BYTES, MAX_HEADER_BYTES, OPCODE } from './frame.ts';
import { unmask } from './mask.ts';
import { MessageBuffer } from './message-buffer.ts';
import { Utf8Validator } from './utf8.ts';

/** What a reader finds in the bytes, in the order in which it lies there. */
export interface FrameSink {
  /** A whole text: where its bytes lie, valid UTF-8, and whether they are known to be ASCII. See `decodeText`. */
  onText(bytes: Buffer, start: number, end: number, ascii: boolean): void;
  /** One piece of a binary message as it arrives; a message may come as one piece that is both first and last. */
  onBinary(piece: Buffer, first: boolean, last: boolean): void;
  onPing(payload: Buffer): void;
  onPong(payload: Buffer): void;
  /** A whole compressed message, as it came; the reader waits for `resume` before it goes on. */
  onCompressed(payload: Buffer, opcode: number): void;
  /** A Close frame; 1005 and no reason where its payload is empty. Nothing follows it. */
  onClose(code: number, reason: string): void;
  /** What came breaks the protocol or a limit. Nothing follows it. */
  onViolation(error: ProtocolError): void;
}

export interface FrameReaderOptions {
  /** True on a server, whose clients must mask (RFC 6455 section 5.1); false on a client. */
  masked: boolean;
  /** Bytes of one whole message, over all its frames. */
  maxMessageBytes: number;
  /** Frames of one message. */
  maxFragments: number;
}

// What the reader waits for.
const HEADER = 0;
const PAYLOAD = 1;
/** After a Close frame or a violation: whatever still comes is dropped. */
const DISCARD = 2;
/** Until a compressed message is inflated. */
const WAIT = 3;

/** Pieces of a binary frame are collected up to this size. */
const CRUMB_BYTES = 4096;

/** The first byte of a text in one frame, and the header's length where the second holds the payload's. */
const WHOLE_TEXT = 0x80 | OPCODE.TEXT;
const SHORT_HEADER_BYTES = 6;

const RESERVED_BITS = 0x70;
/** RFC 7692 section 6: the first reserved bit, on the first frame of a message. */
const COMPRESSED_BIT = 0x40;

/** What a header parse answers where bytes are missing or wrong; otherwise the header's length. */
const INCOMPLETE = 0;
const VIOLATION = -1;

/** The text that `onText` was given. */
export function decodeText(bytes: Buffer, start: number, end: number, ascii: boolean): string {
  return ascii ? bytes.latin1Slice(start, end) : bytes.utf8Slice(start, end);
}

/**
 * Bytes to messages, the receiving side of RFC 6455 section 5, without I/O.
 * Chunks may be cut anywhere. They are unmasked where they lie; only what is cut off at a chunk's end is copied.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #options: FrameReaderOptions;
  #state = HEADER;
  #compression = false;
  /** What of a chunk, or of several, waits for a compressed message or for the next budget. */
  #held: Buffer | undefined;

  // The frame at hand.
  #fin = false;
  #opcode = 0;
  #length = 0;
  #received = 0;
  #key = 0;
  /** A header that a chunk's end cut: its bytes so far. */
  #head: Buffer | undefined;
  #headBytes = 0;
  /** A control payload that a chunk's end cut; it may stand between the frames of a message, so it has its own place. */
  #control: MessageBuffer | undefined;

  // The message at hand: TEXT or BINARY while its frames come, else CONTINUATION.
  #message: number = OPCODE.CONTINUATION;
  #messageBytes = 0;
  #messageStarted = false;
  #compressed = false;
  /** A piece of the binary message at hand was handed out. */
  #binaryBegun = false;
  #fragments = 0;
  /** Messages and control frames that the chunk at hand completed. */
  #completed = 0;
  /** How many it may complete. */
  #budget = 0;
  /** What has come of a message that is not handed out in pieces, or of a piece. */
  #joined: MessageBuffer | undefined;
  #utf8: Utf8Validator | undefined;

  constructor(sink: FrameSink, options: FrameReaderOptions) {
    this.#sink = sink;
    this.#options = options;
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
    if (at < chunk.length && this.#state !== DISCARD) this.#held = chunk.subarray(at);
    return this.#completed;
  }

  /** Holds what is left of the chunk at hand. */
  hold(): void {
    this.#budget = 0;
  }

  /** Compression was agreed on: the first reserved bit has its meaning from now on. */
  allowCompression(): void {
    this.#compression = true;
  }

  /** Something is held that `resume` would read. */
  get holding(): boolean {
    return this.#held !== undefined && this.#state !== WAIT;
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
    this.#joined = undefined;
    this.#control = undefined;
    this.#held = undefined;
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
    if (this.#state !== HEADER || this.#headBytes > 0 || this.#message !== OPCODE.CONTINUATION) return at;
    if (!this.#options.masked || end - start > this.#options.maxMessageBytes) return at;
    this.#completed++;
    this.#readWholeText(chunk, start, end, unmask(chunk, start, end, chunk.readInt32BE(at + 2), 0));
    return end;
  }

  #readHeader(chunk: Buffer, at: number): number {
    let size: number;
    let end: number;
    if (this.#headBytes === 0) {
      size = this.#parseHeader(chunk, at, chunk.length - at);
      end = at + size;
      if (size === INCOMPLETE) return this.#keepHead(chunk, at);
    } else {
      const before = this.#headBytes;
      const next = this.#keepHead(chunk, at);
      size = this.#parseHeader(this.#head as Buffer, 0, this.#headBytes);
      if (size === INCOMPLETE) return next;
      end = at + size - before;
      this.#headBytes = 0;
    }
    if (size === VIOLATION) return chunk.length;
    this.#state = PAYLOAD;
    this.#received = 0;
    // An empty payload has no bytes to wait for.
    return this.#length === 0 ? this.#readPayload(chunk, end) : end;
  }

  #keepHead(chunk: Buffer, at: number): number {
    this.#head ??= Buffer.alloc(MAX_HEADER_BYTES);
    const copied = chunk.copy(this.#head, this.#headBytes, at);
    this.#headBytes += copied;
    return at + copied;
  }

  /** RFC 6455 section 5.2. Judges each byte as soon as it is there, and sets the frame at hand. */
  #parseHeader(bytes: Buffer, at: number, available: number): number {
    const first = bytes[at] as number;
    this.#fin = (first & 0x80) !== 0;
    this.#opcode = first & 0x0f;
    const problem = this.#opcodeProblem() ?? this.#reservedProblem(first & RESERVED_BITS);
    if (problem) return this.#violate(closeCodes.PROTOCOL_ERROR, problem);

    if (available < 2) return INCOMPLETE;
    const second = bytes[at + 1] as number;
    const masked = this.#options.masked;
    if (second >= 0x80 !== masked) {
      // Section 5.1: a server closes on a frame without a mask, a client on one with a mask.
      return this.#violate(closeCodes.PROTOCOL_ERROR, masked ? 'a frame without a mask' : 'a masked frame');
    }

    let length = second & 0x7f;
    let size = 2;
    if (this.#opcode >= OPCODE.CLOSE && length > MAX_CONTROL_BYTES) {
      return this.#violate(closeCodes.PROTOCOL_ERROR, `a control frame over ${MAX_CONTROL_BYTES} bytes`);
    }
    if (length === 126) {
      if (available < 4) return INCOMPLETE;
      length = bytes.readUInt16BE(at + 2);
      size = 4;
      if (length < 126) return this.#violate(closeCodes.PROTOCOL_ERROR, `length ${length} in 16 bits`);
    } else if (length === 127) {
      if (available < 10) return INCOMPLETE;
      const high = bytes.readUInt32BE(at + 2);
      if (high >= 2 ** 31) return this.#violate(closeCodes.PROTOCOL_ERROR, 'the highest bit of a length is set');
      length = high * 2 ** 32 + bytes.readUInt32BE(at + 6);
      size = 10;
      if (length <= 0xffff) return this.#violate(closeCodes.PROTOCOL_ERROR, `length ${length} in 64 bits`);
    }

    if (this.#opcode < OPCODE.CLOSE) {
      const limit = this.#options.maxMessageBytes;
      if (this.#messageBytes + length > limit) {
        return this.#violate(closeCodes.MESSAGE_TOO_BIG, `${this.#messageBytes + length} bytes, limit ${limit}`);
      }
      if (this.#fragments >= this.#options.maxFragments) {
        return this.#violate(closeCodes.MESSAGE_TOO_BIG, `over ${this.#options.maxFragments} frames in a message`);
      }
    }
    this.#length = length;
    if (!masked) return size;
    if (available < size + 4) return INCOMPLETE;
    this.#key = bytes.readInt32BE(at + size);
    return size + 4;
  }

  /** A reserved bit means an extension: there may be the one that marks a compressed message, if it was agreed on. */
  #reservedProblem(bits: number): string | undefined {
    const begins = this.#opcode === OPCODE.TEXT || this.#opcode === OPCODE.BINARY;
    if (begins) this.#compressed = bits === COMPRESSED_BIT && this.#compression;
    return bits === 0 || (begins && this.#compressed) ? undefined : 'a reserved bit is set';
  }

  /** Sections 5.4 and 5.5: which opcodes there are and where each may stand. */
  #opcodeProblem(): string | undefined {
    switch (this.#opcode) {
      case OPCODE.CONTINUATION:
        return this.#message === OPCODE.CONTINUATION ? 'a continuation without a beginning' : undefined;
      case OPCODE.TEXT:
      case OPCODE.BINARY:
        return this.#message === OPCODE.CONTINUATION ? undefined : 'a new message inside a fragmented one';
      case OPCODE.CLOSE:
      case OPCODE.PING:
      case OPCODE.PONG:
        return this.#fin ? undefined : 'a fragmented control frame';
      default:
        return `the reserved opcode ${this.#opcode}`;
    }
  }

  #readPayload(chunk: Buffer, start: number): number {
    const end = Math.min(chunk.length, start + this.#length - this.#received);
    const ascii = this.#options.masked && unmask(chunk, start, end, this.#key, this.#received);
    const whole = end - start === this.#length;
    this.#received += end - start;
    const done = this.#received === this.#length;
    if (done) this.#state = HEADER;
    if (this.#opcode >= OPCODE.CLOSE) this.#readControl(chunk, start, end, whole, done);
    else this.#readData(chunk, start, end, ascii, done);
    return end;
  }

  #readData(chunk: Buffer, start: number, end: number, ascii: boolean, frameDone: boolean): void {
    if (this.#opcode !== OPCODE.CONTINUATION) this.#message = this.#opcode;
    const last = frameDone && this.#fin;
    const first = !this.#messageStarted;
    const kind = this.#message;
    this.#messageStarted = true;
    // Counted per frame, from the header on, so that the next header is judged against the whole message.
    if (frameDone) {
      this.#messageBytes += this.#length;
      this.#fragments++;
    }
    if (last) {
      this.#message = OPCODE.CONTINUATION;
      this.#messageStarted = false;
      this.#messageBytes = 0;
      this.#fragments = 0;
      this.#completed++;
    }
    if (this.#compressed) this.#readCompressedPiece(chunk, start, end, last, kind);
    else if (kind === OPCODE.BINARY) this.#readBinaryPiece(chunk, start, end, frameDone);
    else if (first && last) this.#readWholeText(chunk, start, end, ascii);
    else this.#readTextPiece(chunk, start, end, ascii, last);
  }

  /** The common case: a text that lies in one chunk whole. */
  #readWholeText(chunk: Buffer, start: number, end: number, ascii: boolean): void {
    if (!ascii && !isUtf8(chunk.subarray(start, end))) {
      this.#violate(closeCodes.INVALID_PAYLOAD, 'a text that is not UTF-8');
      return;
    }
    this.#sink.onText(chunk, start, end, ascii);
  }

  /** Section 8.1: a text is valid as a whole, so a character may be cut between two frames. */
  #readTextPiece(chunk: Buffer, start: number, end: number, ascii: boolean, last: boolean): void {
    this.#utf8 ??= new Utf8Validator();
    const valid = (ascii && this.#utf8.complete) || this.#utf8.push(chunk, start, end);
    if (!valid || (last && !this.#utf8.complete)) {
      this.#violate(closeCodes.INVALID_PAYLOAD, 'a text that is not UTF-8');
      return;
    }
    this.#joined ??= new MessageBuffer();
    this.#joined.append(chunk, start, end);
    if (!last) return;
    const text = this.#joined.take();
    this.#sink.onText(text, 0, text.length, false);
  }

  /** Pieces are handed on as they come, but for crumbs, each of which would cost many times its size. */
  #readBinaryPiece(chunk: Buffer, start: number, end: number, frameDone: boolean): void {
    const last = frameDone && this.#fin;
    const crumbs = this.#joined?.length ?? 0;
    if (crumbs === 0 && (frameDone || end - start >= CRUMB_BYTES)) {
      this.#sink.onBinary(chunk.subarray(start, end), !this.#binaryBegun, last);
      this.#binaryBegun = !last;
      return;
    }
    this.#joined ??= new MessageBuffer();
    this.#joined.append(chunk, start, end);
    if (!frameDone && this.#joined.length < CRUMB_BYTES) return;
    this.#sink.onBinary(this.#joined.take(), !this.#binaryBegun, last);
    this.#binaryBegun = !last;
  }

  /** A compressed message is inflated when it is whole. */
  #readCompressedPiece(chunk: Buffer, start: number, end: number, last: boolean, opcode: number): void {
    this.#joined ??= new MessageBuffer();
    this.#joined.append(chunk, start, end);
    if (!last) return;
    this.#state = WAIT;
    this.#sink.onCompressed(this.#joined.take(), opcode);
  }

  #readControl(chunk: Buffer, start: number, end: number, whole: boolean, done: boolean): void {
    if (whole) {
      this.#dispatchControl(chunk.subarray(start, end));
      return;
    }
    this.#control ??= new MessageBuffer();
    this.#control.append(chunk, start, end);
    if (done) this.#dispatchControl(this.#control.take());
  }

  #dispatchControl(payload: Buffer): void {
    this.#completed++;
    if (this.#opcode === OPCODE.PING) this.#sink.onPing(payload);
    else if (this.#opcode === OPCODE.PONG) this.#sink.onPong(payload);
    else this.#readClose(payload);
  }

  /** Section 5.5.1: nothing, or two bytes of code and a reason in UTF-8. */
  #readClose(payload: Buffer): void {
    if (payload.length === 0) {
      this.discard();
      this.#sink.onClose(closeCodes.NO_STATUS.code, '');
      return;
    }
    if (payload.length === 1) {
      this.#violate(closeCodes.PROTOCOL_ERROR, 'a close code of one byte');
      return;
    }
    const code = payload.readUInt16BE(0);
    const reason = payload.subarray(2);
    if (!isSendableCloseCode(code)) this.#violate(closeCodes.PROTOCOL_ERROR, `the close code ${code}`);
    else if (!isUtf8(reason)) this.#violate(closeCodes.INVALID_PAYLOAD, 'a close reason that is not UTF-8');
    else {
      this.discard();
      this.#sink.onClose(code, reason.toString());
    }
  }

  #violate(close: ProtocolError['close'], detail: string): typeof VIOLATION {
    this.discard();
    this.#sink.onViolation(new ProtocolError(close, detail));
    return VIOLATION;
  }
}
