import { Readable, Writable } from 'node:stream';

/** A binary message as it arrives. */
export class BinaryReader extends Readable {
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
  readonly #done: () => void;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #first = true;

  constructor(minBytes: number, send: SendPiece, done: () => void) {
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
    this.#done();
    this.#sendPieces(true, callback);
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#done();
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
