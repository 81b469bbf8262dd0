/** A whole frame: its payload is a view that is overwritten by what comes next. */
export type OnFrame = (opcode: number, payload: Buffer) => void;

/** Cuts what a server sends into frames: unmasked, and whole messages, as all servers here send them. */
export class FrameParser {
  readonly #onFrame: OnFrame;
  /** The beginning of a frame whose end has not come. */
  #rest: Buffer | undefined;

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = 0;
    while (at < bytes.length) {
      const start = at + headerBytes(bytes, at);
      const end = start + payloadBytes(bytes, at);
      // Not a number where the header itself is cut.
      if (!(end <= bytes.length)) break;
      this.#onFrame((bytes[at] as number) & 15, bytes.subarray(start, end));
      at = end;
    }
    // A copy: the chunk lies in a buffer that all connections share.
    this.#rest = at < bytes.length ? Buffer.from(bytes.subarray(at)) : undefined;
  }
}

function headerBytes(bytes: Buffer, at: number): number {
  const length = bytes[at + 1] ?? 0;
  return length < 126 ? 2 : length === 126 ? 4 : 10;
}

function payloadBytes(bytes: Buffer, at: number): number {
  const length = bytes[at + 1];
  if (length === undefined || bytes.length < at + headerBytes(bytes, at)) return Number.NaN;
  if (length < 126) return length;
  return length === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
}
