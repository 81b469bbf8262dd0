import { BinaryReader } from './binary-stream.ts';
import type { Connection } from './connection.ts';
import { MessageBuffer } from './message-buffer.ts';

/** A binary message on its way to who listens: as a stream from its first piece on as `binary`, whole as `message`. */
export class BinaryDelivery {
  readonly #connection: Connection;
  #stream: BinaryReader | undefined;
  #pieces: MessageBuffer | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Bytes of what has come that are kept here. */
  get bytes(): number {
    return (this.#stream?.readableLength ?? 0) + (this.#pieces?.capacity ?? 0);
  }

  push(piece: Buffer, first: boolean, last: boolean): void {
    if (first && this.#listened('binary')) {
      this.#stream = new BinaryReader((error) => this.#connection.handlerFailed(error));
      this.#connection.emit('binary', this.#stream);
    }
    if (first && last) {
      this.#finish(piece, piece);
      return;
    }
    if (first && (this.#listened('message') || this.#listened('lent'))) this.#pieces = new MessageBuffer();
    this.#stream?.push(piece);
    this.#pieces?.append(piece, 0, piece.length);
    if (last) this.#finish(undefined, this.#pieces?.take());
  }

  /** Nothing more will come: the stream ends where it is. */
  end(): void {
    this.#stream?.push(null);
    this.#stream = undefined;
    this.#pieces = undefined;
  }

  #finish(lastPiece: Buffer | undefined, whole: Buffer | undefined): void {
    if (lastPiece) this.#stream?.push(lastPiece);
    this.end();
    if (whole && this.#listened('message')) this.#connection.emit('message', whole, true);
    if (whole && this.#listened('lent')) this.#connection.emit('lent', whole, true);
  }

  #listened(event: 'binary' | 'message' | 'lent'): boolean {
    return this.#connection.readyState === this.#connection.OPEN && this.#connection.listenerCount(event) > 0;
  }
}
