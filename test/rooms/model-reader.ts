import type { RoomEvent } from '../../src/rooms/event-log.ts';
import { formatPosition, type Position } from '../../src/rooms/position.ts';
import type { Format, Reader, Rooms, Start, Subscription } from '../../src/rooms/rooms.ts';

/** Each encoding is an object of its own, so that sharing can be seen. */
export interface Encoded {
  readonly position: string;
  readonly text: string;
}

/** Counts its encodings. */
export class CountingFormat implements Format<Encoded> {
  count = 0;

  encode({ text }: RoomEvent, position: Position): Encoded {
    this.count++;
    return { position: formatPosition(position), text };
  }
}

/** A reader that knows what must come next, and complains where something else does. */
export class ModelReader implements Reader<Encoded> {
  bufferedAmount = 0;
  readonly texts: string[] = [];
  readonly gaps: number[] = [];
  readonly complaints: string[] = [];
  readonly encoded: Encoded[] = [];
  resets = 0;
  /** It takes nothing: what it is given waits. */
  stopped = false;
  subscription: Subscription | undefined;
  #at: Position = { epoch: '', offset: 0 };
  #drained: (() => void)[] = [];
  /** What an event adds to what waits, while it is stopped. */
  readonly #bytes: number;

  constructor(bytes = 40_000) {
    this.#bytes = bytes;
  }

  get at(): string {
    return formatPosition(this.#at);
  }

  async join(rooms: Rooms, room: string, format: Format<Encoded>, start?: Start): Promise<this> {
    this.subscription = await rooms.subscribe(room, this, format, start);
    this.#at = this.subscription.position;
    this.subscription.start();
    return this;
  }

  deliver(encoded: Encoded, { offset, text }: RoomEvent): void {
    this.#expect(offset === this.#at.offset + 1, `event ${offset}`);
    this.#at = { ...this.#at, offset };
    this.#expect(encoded.position === this.at && encoded.text === text, `encoding ${encoded.position}`);
    // The log has written into each text where it belongs.
    this.#expect(text.startsWith(`${this.at} `), text);
    this.encoded.push(encoded);
    this.texts.push(text.slice(text.indexOf(' ') + 1));
    if (this.stopped) this.bufferedAmount += this.#bytes;
  }

  gap(from: Position, to: Position): void {
    this.#expect(formatPosition(from) === this.at && to.offset > from.offset, `gap to ${formatPosition(to)}`);
    this.#at = to;
    this.gaps.push(to.offset - from.offset);
  }

  reset(position: Position): void {
    this.#at = position;
    this.resets++;
  }

  whenDrained(callback: () => void): void {
    this.#drained.push(callback);
    if (!this.stopped) this.go();
  }

  go(): void {
    this.stopped = false;
    setImmediate(() => {
      if (this.stopped) return;
      this.bufferedAmount = 0;
      for (const callback of this.#drained.splice(0)) callback();
    });
  }

  #expect(right: boolean, what: string): void {
    if (!right) this.complaints.push(`at ${this.at}: got ${what}`);
  }
}
