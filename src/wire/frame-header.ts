import { type CloseCode, closeCodes } from '../close-codes.ts';
import { ProtocolError } from '../errors.ts';
import { MAX_CONTROL_BYTES, MAX_HEADER_BYTES, OPCODE } from './frame.ts';

const RESERVED_BITS = 0x70;
/** RFC 7692 section 6: the first reserved bit, on the first frame of a message. */
const COMPRESSED_BIT = 0x40;

/** What `read` answers where bytes are missing or wrong; otherwise how many bytes of the chunk the header takes. */
export const INCOMPLETE = -1;
export const VIOLATION = -2;

/** What the message that a frame belongs to, or would begin, has to say to its header. */
export interface MessageContext {
  /** Frames of a message have come and its last has not. */
  readonly begun: boolean;
  /** What is wrong with so many bytes more. */
  tooBig(bytes: number): string | undefined;
}

/** The header of the frame at hand (RFC 6455 section 5.2). Each byte is judged as soon as it is there. */
export class FrameHeader {
  fin = false;
  opcode = 0;
  /** The first reserved bit of the frame that began the message. */
  compressed = false;
  /** Bytes of the payload. */
  length = 0;
  /** The masking key as one number, its first byte on top. */
  key = 0;
  /** What is wrong, after VIOLATION. */
  problem: ProtocolError | undefined;

  readonly #masked: boolean;
  #compression = false;
  /** A header that a chunk's end cut: its bytes so far. */
  #kept: Buffer | undefined;
  #keptBytes = 0;

  /** @param masked whether the peer must mask (section 5.1) */
  constructor(masked: boolean) {
    this.#masked = masked;
  }

  /** A chunk's end cut it. */
  get cut(): boolean {
    return this.#keptBytes > 0;
  }

  allowCompression(): void {
    this.#compression = true;
  }

  /** Reads a header that begins at `at`, or goes on there: how many bytes it takes, INCOMPLETE or VIOLATION. */
  read(chunk: Buffer, at: number, message: MessageContext): number {
    if (this.#keptBytes === 0) {
      const size = this.#parse(chunk, at, chunk.length - at, message);
      if (size === INCOMPLETE) this.#keep(chunk, at);
      return size;
    }
    const before = this.#keptBytes;
    this.#keep(chunk, at);
    const size = this.#parse(this.#kept as Buffer, 0, this.#keptBytes, message);
    if (size < 0) return size;
    this.#keptBytes = 0;
    return size - before;
  }

  #keep(chunk: Buffer, at: number): void {
    this.#kept ??= Buffer.alloc(MAX_HEADER_BYTES);
    this.#keptBytes += chunk.copy(this.#kept, this.#keptBytes, at);
  }

  #parse(bytes: Buffer, at: number, available: number, message: MessageContext): number {
    const first = bytes[at] as number;
    this.fin = (first & 0x80) !== 0;
    this.opcode = first & 0x0f;
    const problem = this.#opcodeProblem(message.begun) ?? this.#reservedProblem(first & RESERVED_BITS);
    if (problem) return this.#violate(problem);

    if (available < 2) return INCOMPLETE;
    const second = bytes[at + 1] as number;
    const masked = this.#masked;
    if (second >= 0x80 !== masked) {
      // Section 5.1: a server closes on a frame without a mask, a client on one with a mask.
      return this.#violate(masked ? 'a frame without a mask' : 'a masked frame');
    }

    let length = second & 0x7f;
    let size = 2;
    if (this.opcode >= OPCODE.CLOSE && length > MAX_CONTROL_BYTES) {
      return this.#violate(`a control frame over ${MAX_CONTROL_BYTES} bytes`);
    }
    if (length === 126) {
      if (available < 4) return INCOMPLETE;
      length = bytes.readUInt16BE(at + 2);
      size = 4;
      if (length < 126) return this.#violate(`length ${length} in 16 bits`);
    } else if (length === 127) {
      if (available < 10) return INCOMPLETE;
      const high = bytes.readUInt32BE(at + 2);
      if (high >= 2 ** 31) return this.#violate('the highest bit of a length is set');
      length = high * 2 ** 32 + bytes.readUInt32BE(at + 6);
      size = 10;
      if (length <= 0xffff) return this.#violate(`length ${length} in 64 bits`);
    }

    if (this.opcode < OPCODE.CLOSE) {
      const tooBig = message.tooBig(length);
      if (tooBig) return this.#violate(tooBig, closeCodes.MESSAGE_TOO_BIG);
    }
    this.length = length;
    if (!masked) return size;
    if (available < size + 4) return INCOMPLETE;
    this.key = bytes.readInt32BE(at + size);
    return size + 4;
  }

  /** A reserved bit means an extension: there may be the one that marks a compressed message, if it was agreed on. */
  #reservedProblem(bits: number): string | undefined {
    const begins = this.opcode === OPCODE.TEXT || this.opcode === OPCODE.BINARY;
    if (begins) this.compressed = bits === COMPRESSED_BIT && this.#compression;
    return bits === 0 || (begins && this.compressed) ? undefined : 'a reserved bit is set';
  }

  /** Sections 5.4 and 5.5: which opcodes there are and where each may stand. */
  #opcodeProblem(inMessage: boolean): string | undefined {
    switch (this.opcode) {
      case OPCODE.CONTINUATION:
        return inMessage ? undefined : 'a continuation without a beginning';
      case OPCODE.TEXT:
      case OPCODE.BINARY:
        return inMessage ? 'a new message inside a fragmented one' : undefined;
      case OPCODE.CLOSE:
      case OPCODE.PING:
      case OPCODE.PONG:
        return this.fin ? undefined : 'a fragmented control frame';
      default:
        return `the reserved opcode ${this.opcode}`;
    }
  }

  #violate(detail: string, close: CloseCode = closeCodes.PROTOCOL_ERROR): typeof VIOLATION {
    this.problem = new ProtocolError(close, detail);
    return VIOLATION;
  }
}
