/**
 * Frames that wait, one behind the other. It is never changed, so outboxes that are given the same frames have the same
 * chain: ten thousand receivers of a turn's broadcasts share it, and its one join.
 */
export class FrameChain {
  /** All of it. */
  readonly bytes: number;
  readonly #before: FrameChain | undefined;
  readonly #frame: Buffer;
  /** The chain with the frame that was put behind this one last. */
  #longer: FrameChain | undefined;
  #joined: Buffer | undefined;

  constructor(frame: Buffer, before?: FrameChain) {
    this.#before = before;
    this.#frame = frame;
    this.bytes = (before?.bytes ?? 0) + frame.length;
  }

  /** It with one frame more. */
  and(frame: Buffer): FrameChain {
    if (this.#longer === undefined || this.#longer.#frame !== frame) this.#longer = new FrameChain(frame, this);
    return this.#longer;
  }

  /** Whether it is this one frame. */
  is(frame: Buffer): boolean {
    return this.#before === undefined && this.#frame === frame;
  }

  /** All frames as one piece of memory. */
  get joined(): Buffer {
    if (this.#before === undefined) return this.#frame;
    this.#joined ??= this.#join();
    return this.#joined;
  }

  #join(): Buffer {
    const frames: Buffer[] = [];
    for (let chain: FrameChain | undefined = this; chain !== undefined; chain = chain.#before)
      frames.push(chain.#frame);
    return Buffer.concat(frames.reverse(), this.bytes);
  }
}
