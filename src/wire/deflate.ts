import { createRequire } from 'node:module';
import { closeCodes } from '../close-codes.ts';
import { ProtocolError } from '../errors.ts';

/** How messages are compressed (RFC 7692); `true` in place of it takes the defaults. */
export interface CompressionOptions {
  /** Messages of fewer bytes go out as they are. @default 1024 */
  threshold?: number;
  /** Keep the dictionary from one message to the next: smaller on the wire, and memory for as long as a connection lives. @default true */
  contextTakeover?: boolean;
  /** Base-two logarithm of this side's window, 9 to 15: 2 to the power of it plus 2 is its memory in bytes. @default 13 */
  windowBits?: number;
  /** Messages that are compressed or inflated at the same time, in the whole process; set by the first server. @default 10 */
  concurrency?: number;
  /** 1, fast, to 9, small. @default 6 */
  level?: number;
}

type ZlibDone = (error: (Error & { code?: string }) | null, data?: Buffer) => void;

/** What of `ws`'s `PerMessageDeflate` is used. */
export interface DeflateContext {
  compress(data: Uint8Array, fin: boolean, done: ZlibDone): void;
  decompress(data: Uint8Array, fin: boolean, done: ZlibDone): void;
  cleanup(): void;
}

type Deflated = (payload: Buffer) => void;

/** The context of one connection: `ws`'s implementation over zlib, with this project's errors. */
export class Deflate {
  readonly threshold: number;
  readonly #context: DeflateContext;
  readonly #maxMessageBytes: number;
  /** Calls to zlib under way: its streams must not be closed under them. */
  #pending = 0;
  #ended = false;

  constructor(context: DeflateContext, threshold: number, maxMessageBytes: number) {
    this.#context = context;
    this.threshold = threshold;
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Compresses a whole message; nothing is called back once the connection has ended. */
  compress(payload: Uint8Array, done: Deflated, failed: (error: unknown) => void): void {
    this.#pending++;
    this.#context.compress(payload, true, (error, data) => {
      this.#pending--;
      if (this.#ended) this.#cleanUp();
      else if (error || !data) failed(error);
      else done(data);
    });
  }

  /** Inflates a whole message, no further than the bound of a message. */
  inflate(payload: Buffer, done: Deflated, failed: (error: ProtocolError) => void): void {
    this.#pending++;
    this.#context.decompress(payload, true, (error, data) => {
      this.#pending--;
      if (this.#ended) this.#cleanUp();
      else if (error || !data) failed(this.#inflateError(error?.code, payload.length));
      else done(data);
    });
  }

  end(): void {
    this.#ended = true;
    this.#cleanUp();
  }

  #cleanUp(): void {
    if (this.#pending === 0) this.#context.cleanup();
  }

  #inflateError(code: string | undefined, bytes: number): ProtocolError {
    if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
      const detail = `${bytes} bytes inflate to more than ${this.#maxMessageBytes}`;
      return new ProtocolError(closeCodes.MESSAGE_TOO_BIG, detail);
    }
    return new ProtocolError(closeCodes.INVALID_PAYLOAD, `${bytes} bytes that do not inflate`);
  }
}

/** Agrees on compression with clients that offer it. */
export class DeflateNegotiator {
  readonly #options: CompressionOptions;
  readonly #maxMessageBytes: () => number;
  // Loaded only where compression is on: off costs nothing.
  readonly #ws: typeof import('ws/permessage-deflate') = createRequire(import.meta.url)('ws');

  constructor(options: CompressionOptions, maxMessageBytes: () => number) {
    this.#options = options;
    this.#maxMessageBytes = maxMessageBytes;
  }

  /**
   * Reads a client's `Sec-WebSocket-Extensions`.
   * @returns the context and the header of the answer, or undefined where nothing that it offers can be agreed on
   */
  negotiate(offer: string | undefined): { deflate: Deflate; header: string } | undefined {
    if (offer === undefined) return undefined;
    const { threshold = 1024, contextTakeover = true, windowBits = 13, concurrency = 10, level = 6 } = this.#options;
    const maxMessageBytes = this.#maxMessageBytes();
    const context = new this.#ws.PerMessageDeflate({
      isServer: true,
      maxPayload: Number.isFinite(maxMessageBytes) ? maxMessageBytes : 0,
      threshold,
      concurrencyLimit: concurrency,
      // Not false: that would refuse clients that ask for it.
      ...(contextTakeover ? {} : { serverNoContextTakeover: true, clientNoContextTakeover: true }),
      zlibDeflateOptions: { level, memLevel: 7 },
    });
    try {
      const offers = this.#ws.extension.parse(offer)['permessage-deflate'];
      const usable = offers?.filter((params) => fits(params, windowBits));
      if (!usable?.length) return undefined;
      const params = context.accept(usable);
      // RFC 7692 section 7.1.2.1: a server may use a smaller window than it was asked for.
      params.server_max_window_bits = Math.min(windowBits, Number(params.server_max_window_bits ?? 15));
      const header = this.#ws.extension.format({ 'permessage-deflate': [params] });
      return { deflate: new Deflate(context, threshold, maxMessageBytes), header };
    } catch {
      // Section 5.1: what cannot be agreed on is declined, and the connection goes on without it.
      return undefined;
    }
  }
}

/** zlib makes no raw stream with a window of 8 bits, so that one cannot be promised. */
function fits(params: Record<string, (string | true)[]>, windowBits: number): boolean {
  return windowBits >= 9 && !params.server_max_window_bits?.includes('8');
}
