import type { ResumeOutcome } from './observer.ts';
import type { Position } from './position.ts';
import type { Format, Reader, Subscription } from './reader.ts';
import type { History, Room } from './room.ts';
import type { Entry } from './tail.ts';

/**
 * A reader's place in a room. At the head it is live: the room pushes to it, and it counts nothing. Behind the head, or
 * with more than the watermark waiting for its reader, it is a position, and goes on from the tail or the log by itself.
 */
export class Cursor implements Subscription {
  readonly reader: Reader<unknown>;
  readonly format: Format<unknown>;
  readonly #room: Room;
  #state: 'new' | 'behind' | 'live' | 'closed' = 'new';
  // The place of the last event delivered; while it is live that is the room's own.
  #epoch: string;
  #offset: number;
  /** It has come back, and has not found yet what is there. */
  #resuming: boolean;

  /** @param resuming whether the observer is to be told what it finds */
  constructor(
    room: Room,
    reader: Reader<unknown>,
    format: Format<unknown>,
    { epoch, offset }: Position,
    resuming: boolean,
  ) {
    this.#room = room;
    this.reader = reader;
    this.format = format;
    this.#epoch = epoch;
    this.#offset = offset;
    this.#resuming = resuming;
  }

  get position(): Position {
    return this.#state === 'live' ? this.#room.position : { epoch: this.#epoch, offset: this.#offset };
  }

  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'behind';
    this.#goOn();
  }

  close(): void {
    if (this.#state === 'closed') return;
    ({ epoch: this.#epoch, offset: this.#offset } = this.position);
    const live = this.#state === 'live';
    this.#state = 'closed';
    this.#room.leave(live ? this : undefined);
  }

  /** The reader has more than the watermark to do: it is given nothing until that is gone. The room has let it go. */
  fallBehind({ epoch, offset }: Position): void {
    if (this.#state !== 'live') return;
    this.#epoch = epoch;
    this.#offset = offset;
    this.#state = 'behind';
    this.#room.observer.fellBehind?.();
    this.reader.whenDrained(this.#goOn);
  }

  readonly #goOn = (): void => {
    while (this.#state === 'behind') {
      if (this.#room.isFull(this.reader)) {
        this.reader.whenDrained(this.#goOn);
        return;
      }
      const here = this.#epoch === this.#room.epoch;
      if (here && this.#offset === this.#room.tail.end) {
        this.#found('exact');
        this.#state = 'live';
        this.#room.pushTo(this);
        return;
      }
      const next = here ? this.#room.tail.at(this.#offset + 1) : undefined;
      if (next === undefined) {
        void this.#readOn();
        return;
      }
      this.#found('exact');
      this.#deliver(next);
    }
  };

  /** Goes on from the log. */
  async #readOn(): Promise<void> {
    const history = await this.#room.history(this.position);
    if (this.#state !== 'behind' || this.#room.closed) return;
    if (history) {
      this.#deliverAll(history);
      // It knows more than the room: published by another process a moment ago, or the log was replaced.
      const { epoch, tail } = this.#room;
      if (history.epoch !== epoch || history.head > tail.end) await this.#room.refresh();
    }
    this.#goOn();
  }

  #deliverAll({ epoch, after, reset, entries }: History): void {
    const from = this.position;
    this.#epoch = epoch;
    this.#offset = after;
    if (reset) this.#tellReset();
    else if (after > from.offset) this.#tellGap(from);
    else this.#found('exact');
    for (const entry of entries) {
      if (this.#state !== 'behind' || this.#room.isFull(this.reader)) return;
      this.#deliver(entry);
    }
  }

  #tellReset(): void {
    this.#found('reset');
    this.#room.observer.reset?.();
    this.reader.reset(this.position);
  }

  #tellGap(from: Position): void {
    this.#found('gap');
    this.#room.observer.gap?.(this.#offset - from.offset);
    this.reader.gap(from, this.position);
  }

  #found(outcome: ResumeOutcome): void {
    if (!this.#resuming) return;
    this.#resuming = false;
    this.#room.observer.resumed?.(outcome);
  }

  #deliver(entry: Entry): void {
    this.#offset = entry.event.offset;
    this.reader.deliver(entry.encoded(this.format, this.#epoch), entry.event);
  }
}
