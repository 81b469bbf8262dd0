/** Pieces that are kept for the next turn. */
const MAX_SPARE = 32;

/**
 * Memory for what goes out in a turn of the event loop, message behind message. It is used again when the turn's writes
 * were taken at once, which is nearly always: memory that JavaScript asks for anew makes it collect its garbage early.
 */
export class Slab {
  bytes: Buffer;
  memory: ArrayBufferLike;
  /** Up to here `bytes` is in use. */
  used = 0;
  readonly #size: number;
  /** Where in `bytes` this turn begins; what lies before is still being written. */
  #from = 0;
  #full: Buffer[] = [];
  #spare: Buffer[] = [];

  /** @param size bytes of a piece of memory, more than any message takes */
  constructor(size: number) {
    this.#size = size;
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.memory = this.bytes.buffer;
  }

  /** Where in `bytes` there is so much room. */
  place(room: number): number {
    if (this.used + room > this.#size) this.#next();
    return this.used;
  }

  /** Nothing that was put here since the last call waits any more. */
  reuse(): void {
    this.used = this.#from;
    for (const bytes of this.#full) if (this.#spare.length < MAX_SPARE) this.#spare.push(bytes);
    this.#full = [];
  }

  /** Some of it is still to be written: that memory is its writer's. */
  leave(): void {
    this.#from = this.used;
    this.#full = [];
  }

  #next(): void {
    // What is being written from a piece stays with its writer.
    if (this.#from === 0) this.#full.push(this.bytes);
    this.#from = 0;
    this.bytes = this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.#size);
    this.memory = this.bytes.buffer;
    this.used = 0;
  }
}
