import { Readable, Writable } from 'node:stream';

/** A binary message as it arrives. */
export class BinaryReader extends Readable {
  readonly #failed: (error: unknown) => void;

  /** @param failed told what a listener of the stream throws */
  constructor(failed: (error: unknown) => void) {
    super();
    this.#failed = failed;
  }

  /** A stream calls its listeners on its own time, where what they throw would end the process. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    try {
      return super.emit(event, ...args);
    } catch (error) {
      this.#failed(error);
      return true;
    }
  }

  override _read(): void {
    // Pieces are pushed as they come; the message bound limits how many wait.
  }
}

/** Sends one frame of a stream; `sent` is called when it was handed to the operating system. */
type SendPiece = (piece: Buffer, first: boolean, fin: boolean, sent: () => void) => void;

/** A binary message that is written piece by piece; it is sent in frames of at least `minBytes`. */
export class BinaryWriter extends Writable {
  readonly #minBytes: number;
  readonly #send: SendPiece;
  readonly #done: (broken: boolean) => void;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #first = true;
  #finished = false;

  /** @param done told when the stream has ended, and whether in the middle of its message */
  constructor(minBytes: number, send: SendPiece, done: (broken: boolean) => void) {
    super();
    this.#minBytes = minBytes;
    this.#send = send;
    this.#done = done;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.#pieces.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#minBytes) callback();
    else this.#sendPieces(false, callback);
  }

  override _final(callback: () => void): void {
    this.#done(false);
    this.#finished = true;
    this.#sendPieces(true, callback);
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    if (!this.#finished) this.#done(!this.#first);
    this.#finished = true;
    callback(error);
  }

  #sendPieces(fin: boolean, sent: () => void): void {
    const piece = Buffer.concat(this.#pieces);
    const first = this.#first;
    this.#pieces = [];
    this.#bytes = 0;
    this.#first = false;
    this.#send(piece, first, fin, sent);
  }
}
