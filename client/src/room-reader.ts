import type { EventMessage } from '../../src/rooms/protocol.ts';
import { isAfter } from './room-position.ts';

/** A line in a room. */
export type RoomEvent = Omit<EventMessage, 'type'>;

interface Waiting {
  resolve(result: IteratorResult<RoomEvent, undefined>): void;
  reject(error: Error): void;
}

/**
 * The events of one `for await`. A reader that is slow has at most so many waiting; what comes beyond that is not kept: the reader is behind
 * then, and what it missed is asked for again when it is through with what it has.
 */
export class RoomReader implements AsyncIterator<RoomEvent, undefined> {
  /** Of the last event taken in. */
  position: string | undefined;
  readonly #limit: number;
  readonly #catchUp: () => void;
  readonly #ended: () => void;
  #events: RoomEvent[] = [];
  #waiting: Waiting[] = [];
  #behind = false;
  #end: { error?: Error | undefined } | undefined;

  /**
   * @param catchUp has the events after `position` sent again
   * @param ended the loop was left
   */
  constructor(position: string | undefined, limit: number, catchUp: () => void, ended: () => void) {
    this.position = position;
    this.#limit = limit;
    this.#catchUp = catchUp;
    this.#ended = ended;
  }

  /** It does not take in what comes. */
  get behind(): boolean {
    return this.#behind;
  }

  offer(event: RoomEvent): void {
    if (this.#behind || !isAfter(event.position, this.position)) return;
    const waiting = this.#waiting.shift();
    if (!waiting && this.#events.length >= this.#limit) {
      this.#behind = true;
      return;
    }
    this.position = event.position;
    if (waiting) waiting.resolve({ value: event, done: false });
    else this.#events.push(event);
  }

  /** No more will come; what waits is still read. */
  end(error?: Error): void {
    this.#end ??= { error };
    for (const waiting of this.#waiting.splice(0)) this.#finish(waiting);
  }

  next(): Promise<IteratorResult<RoomEvent, undefined>> {
    return new Promise((resolve, reject) => {
      const value = this.#events.shift();
      if (value) resolve({ value, done: false });
      else if (this.#end) this.#finish({ resolve, reject });
      else this.#wait({ resolve, reject });
    });
  }

  async return(): Promise<IteratorResult<RoomEvent, undefined>> {
    this.#events = [];
    this.end();
    this.#ended();
    return { value: undefined, done: true };
  }

  #wait(waiting: Waiting): void {
    this.#waiting.push(waiting);
    if (!this.#behind) return;
    this.#behind = false;
    this.#catchUp();
  }

  #finish({ resolve, reject }: Waiting): void {
    if (this.#end?.error) reject(this.#end.error);
    else resolve({ value: undefined, done: true });
  }
}
