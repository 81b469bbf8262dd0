import { isUtf8 } from 'node:buffer';
import { closeCodes } from '../close-codes.ts';
import { ProtocolError } from '../errors.ts';
import { OPCODE } from './frame.ts';
import type { FrameHeader, MessageContext } from './frame-header.ts';
import { keep } from './lent.ts';
import { MessageBuffer } from './message-buffer.ts';
import { Utf8Validator } from './utf8.ts';

/** What becomes of messages, in the order in which they came. */
export interface MessageSink {
  /** A whole text: where its bytes lie, valid UTF-8, and whether they are known to be ASCII. See `decodeText`. */
  onText(bytes: Buffer, start: number, end: number, ascii: boolean): void;
  /** One piece of a binary message as it arrives; a message may come as one piece that is both first and last. */
  onBinary(piece: Buffer, first: boolean, last: boolean): void;
  /** A whole compressed message, as it came; the reader waits for `inflated` and `resume` before it goes on. */
  onCompressed(payload: Buffer, opcode: number): void;
}

/** What bounds a message. */
export interface MessageLimits {
  /** Bytes of one whole message, over all its frames. */
  maxMessageBytes: number;
  /** Frames of one message. */
  maxFragments: number;
}

/** Who stops reading for good when a message is wrong. */
interface Violable {
  violate(error: ProtocolError): void;
}

/** Pieces of a binary frame are collected up to this size. */
const CRUMB_BYTES = 4096;

/** The text that `onText` was given. */
export function decodeText(bytes: Buffer, start: number, end: number, ascii: boolean): string {
  return ascii ? bytes.latin1Slice(start, end) : bytes.utf8Slice(start, end);
}

/**
 * Payloads of data frames to messages (RFC 6455 section 5.4). What lies whole in a chunk is handed out where it lies;
 * only what is cut off at a chunk's end is copied.
 */
export class MessageReader implements MessageContext {
  readonly #sink: MessageSink;
  readonly #limits: MessageLimits;
  readonly #frames: Violable;
  /** TEXT or BINARY while the frames of a message come, else CONTINUATION. */
  #kind: number = OPCODE.CONTINUATION;
  #bytes = 0;
  #fragments = 0;
  /** A piece of the binary message at hand was handed out. */
  #handedOut = false;
  /** What has come of a message that is not handed out in pieces, or of a piece. */
  #joined: MessageBuffer | undefined;
  #utf8: Utf8Validator | undefined;

  constructor(sink: MessageSink, limits: MessageLimits, frames: Violable) {
    this.#sink = sink;
    this.#limits = limits;
    this.#frames = frames;
  }

  get begun(): boolean {
    return this.#kind !== OPCODE.CONTINUATION;
  }

  /** Bytes of memory that an unfinished message takes here. */
  get bufferedBytes(): number {
    return this.#joined?.capacity ?? 0;
  }

  tooBig(bytes: number): string | undefined {
    const { maxMessageBytes, maxFragments } = this.#limits;
    if (this.#bytes + bytes > maxMessageBytes) return `${this.#bytes + bytes} bytes, limit ${maxMessageBytes}`;
    return this.#fragments >= maxFragments ? `over ${maxFragments} frames in a message` : undefined;
  }

  /** The common case: a text that lies in one chunk whole. */
  readWholeText(chunk: Buffer, start: number, end: number, ascii: boolean): void {
    if (ascii || isUtf8(chunk.subarray(start, end))) this.#sink.onText(chunk, start, end, ascii);
    else this.#notUtf8();
  }

  /**
   * Takes what a chunk has of a frame's payload, unmasked.
   * @param frameDone it is the end of the frame
   */
  read(header: FrameHeader, chunk: Buffer, start: number, end: number, ascii: boolean, frameDone: boolean): void {
    const whole = this.#kind === OPCODE.CONTINUATION && end - start === header.length;
    if (header.opcode !== OPCODE.CONTINUATION) this.#kind = header.opcode;
    const kind = this.#kind;
    const last = frameDone && header.fin;
    // Counted per frame, from the header on, so that the next header is judged against the whole message.
    if (frameDone) {
      this.#bytes += header.length;
      this.#fragments++;
    }
    if (last) {
      this.#kind = OPCODE.CONTINUATION;
      this.#bytes = 0;
      this.#fragments = 0;
    }
    if (header.compressed) this.#readCompressedPiece(chunk, start, end, last, kind);
    else if (kind === OPCODE.BINARY) this.#readBinaryPiece(chunk, start, end, frameDone, last);
    else if (whole && last) this.readWholeText(chunk, start, end, ascii);
    else this.#readTextPiece(chunk, start, end, ascii, last);
  }

  discard(): void {
    this.#joined = undefined;
  }

  /** Section 8.1: a text is valid as a whole, so a character may be cut between two frames. */
  #readTextPiece(chunk: Buffer, start: number, end: number, ascii: boolean, last: boolean): void {
    this.#utf8 ??= new Utf8Validator();
    const valid = (ascii && this.#utf8.complete) || this.#utf8.push(chunk, start, end);
    if (!valid || (last && !this.#utf8.complete)) {
      this.#notUtf8();
      return;
    }
    this.#joined ??= new MessageBuffer();
    this.#joined.append(chunk, start, end);
    if (!last) return;
    const text = this.#joined.take();
    this.#sink.onText(text, 0, text.length, false);
  }

  /** Pieces are handed on as they come, but for crumbs, each of which would cost many times its size. */
  #readBinaryPiece(chunk: Buffer, start: number, end: number, frameDone: boolean, last: boolean): void {
    const crumbs = this.#joined?.length ?? 0;
    if (crumbs === 0 && (frameDone || end - start >= CRUMB_BYTES)) {
      this.#handOut(keep(chunk, start, end), last);
      return;
    }
    this.#joined ??= new MessageBuffer();
    this.#joined.append(chunk, start, end);
    if (frameDone || this.#joined.length >= CRUMB_BYTES) this.#handOut(this.#joined.take(), last);
  }

  #handOut(piece: Buffer, last: boolean): void {
    const first = !this.#handedOut;
    this.#handedOut = !last;
    this.#sink.onBinary(piece, first, last);
  }

  /** A compressed message is inflated when it is whole. */
  #readCompressedPiece(chunk: Buffer, start: number, end: number, last: boolean, opcode: number): void {
    this.#joined ??= new MessageBuffer();
    this.#joined.append(chunk, start, end);
    if (last) this.#sink.onCompressed(this.#joined.take(), opcode);
  }

  #notUtf8(): void {
    this.#frames.violate(new ProtocolError(closeCodes.INVALID_PAYLOAD, 'a text that is not UTF-8'));
  }
}
