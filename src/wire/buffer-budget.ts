/**
 * What is buffered for all connections of a server together: messages that have not come whole, and what was written
 * and not taken. Only what stays is counted; what comes and goes within a turn of the event loop costs nothing here.
 */
export class BufferBudget {
  readonly #maxBytes: number;
  #bytes = 0;
  /** Buffers that wait, and in how many places: a broadcast lies in memory once for all its slow readers. */
  readonly #waiting = new Map<Buffer, number>();

  /** @param maxBytes `Infinity` for no bound */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get exceeded(): boolean {
    return this.#bytes > this.#maxBytes;
  }

  /** So many bytes more are buffered, or fewer. */
  change(bytes: number): void {
    this.#bytes += bytes;
  }

  /** A buffer waits, perhaps elsewhere too. */
  hold(buffer: Buffer): void {
    const places = this.#waiting.get(buffer) ?? 0;
    if (places === 0) this.#bytes += buffer.length;
    this.#waiting.set(buffer, places + 1);
  }

  /** It waits no longer where it was held. */
  release(buffer: Buffer): void {
    const places = this.#waiting.get(buffer) ?? 0;
    if (places > 1) {
      this.#waiting.set(buffer, places - 1);
    } else if (this.#waiting.delete(buffer)) {
      this.#bytes -= buffer.length;
    }
  }
}
