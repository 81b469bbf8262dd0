const FIRST_BYTES = 1024;

/**
 * The pieces of a message that did not arrive in one chunk, joined.
 * It doubles as bytes arrive, so that joining stays linear and a peer that only announces a length costs nothing.
 */
export class MessageBuffer {
  #bytes: Buffer | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Bytes of memory that it takes. */
  get capacity(): number {
    return this.#bytes?.length ?? 0;
  }

  append(chunk: Buffer, start: number, end: number): void {
    const needed = this.#length + end - start;
    if (this.#bytes === undefined || this.#bytes.length < needed) {
      const grown = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, needed, this.#length * 2));
      this.#bytes?.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    chunk.copy(this.#bytes, this.#length, start, end);
    this.#length = needed;
  }

  /** Hands over what was joined and starts anew. */
  take(): Buffer {
    const whole = (this.#bytes ?? Buffer.alloc(0)).subarray(0, this.#length);
    this.#bytes = undefined;
    this.#length = 0;
    return whole;
  }
}
