import type { EventMessage } from '../../src/rooms/protocol.ts';
import { isAfter } from './room-position.ts';

/** A line in a room. */
export type RoomEvent = Omit<EventMessage, 'type'>;

/**
 * The events of one `for await`. A reader that is slow has at most so many waiting; what comes beyond that is not kept: the reader is behind
 * then, and what it missed is asked for again when it is through with what it has.
 */
export class RoomReader {
  /** Of the last event taken in. */
  position: string | undefined;
  /** It does not take in what comes. */
  behind = false;
  readonly #limit: number;
  readonly #events: RoomEvent[] = [];
  #wake = () => {};
  #end: { error?: Error | undefined } | undefined;

  constructor(position: string | undefined, limit: number) {
    this.position = position;
    this.#limit = limit;
  }

  offer(event: RoomEvent): void {
    if (this.behind || !isAfter(event.position, this.position)) return;
    this.behind = this.#events.length >= this.#limit;
    if (this.behind) return;
    this.position = event.position;
    this.#events.push(event);
    this.#wake();
  }

  /** No more will come; what waits is still read. */
  end(error?: Error): void {
    this.#end = { error };
    this.#wake();
  }

  /** @param catchUp has the events after `position` sent again */
  async *read(catchUp: () => void): AsyncGenerator<RoomEvent, undefined> {
    for (;;) {
      for (let event = this.#events.shift(); event; event = this.#events.shift()) yield event;
      if (this.#end?.error) throw this.#end.error;
      if (this.#end) return undefined;
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      if (this.behind) {
        this.behind = false;
        catchUp();
      }
      await woken;
    }
  }
}
