import type { EventMessage } from '../../src/rooms/protocol.ts';
import { isAfter } from './room-position.ts';

/** A line in a room. */
export type RoomEvent = Omit<EventMessage, 'type'>;

/** Who sees the events of a room: its listeners together, or one loop. */
interface Cursor {
  /** Of the last event seen. */
  position: string | undefined;
  /** For a loop: what it has not read yet. */
  waiting: RoomEvent[];
  /** As much waits as may: what comes is not kept, but asked for again when what waits has been read. */
  behind?: boolean;
  ended?: { error: Error | undefined };
  /** Something has happened to a loop that waits. */
  wake?: () => void;
}

/** How far a room was seen, by its listeners and by each of its loops. */
export class Subscription {
  readonly #listeners: Cursor = { position: undefined, waiting: [] };
  readonly #cursors = new Set([this.#listeners]);
  readonly #tell: (event: RoomEvent) => void;
  readonly #maxBehind: number;
  readonly #catchUp: () => void;

  /**
   * @param tell passes an event on to the listeners
   * @param maxBehind events that may wait for a loop
   * @param catchUp has the events after `after` sent again
   */
  constructor(tell: (event: RoomEvent) => void, maxBehind: number, catchUp: () => void) {
    this.#tell = tell;
    this.#maxBehind = maxBehind;
    this.#catchUp = catchUp;
  }

  /** Of the last event that the listeners have seen. */
  get position(): string | undefined {
    return this.#listeners.position;
  }

  /** Where events have to begin so that nobody misses one. A loop that is behind asks for its own when it is ready for them. */
  get after(): string | undefined {
    let after = this.position;
    for (const { behind, position } of this.#cursors) {
      if (!behind && position && after && isAfter(after, position)) after = position;
    }
    return after;
  }

  /** Events begin here; where that is known already, as for who resumes, it stays. */
  begin(position: string | undefined): void {
    for (const cursor of this.#cursors) cursor.position ??= position;
  }

  take(event: RoomEvent): void {
    for (const cursor of this.#cursors) {
      if (cursor.behind || !isAfter(event.position, cursor.position)) continue;
      cursor.behind = cursor.waiting.length >= this.#maxBehind;
      if (cursor.behind) continue;
      cursor.position = event.position;
      if (cursor === this.#listeners) this.#tell(event);
      else cursor.waiting.push(event);
      cursor.wake?.();
    }
  }

  /** Events up to here will not come any more. */
  skip(position: string): void {
    for (const cursor of this.#cursors) {
      if (!cursor.behind && isAfter(position, cursor.position)) cursor.position = position;
    }
  }

  /** Another log is there. */
  reset(position: string): void {
    for (const cursor of this.#cursors) cursor.position = position;
  }

  /** Ends the loops: what waits is still read, then they throw the error where there is one. */
  end(error?: Error): void {
    for (const cursor of this.#cursors) {
      cursor.ended = { error };
      cursor.wake?.();
    }
  }

  /** The events from now on, until the loop is left. */
  read(): AsyncGenerator<RoomEvent, undefined> {
    const cursor: Cursor = { position: this.position, waiting: [] };
    this.#cursors.add(cursor);
    return this.#read(cursor);
  }

  async *#read(cursor: Cursor): AsyncGenerator<RoomEvent, undefined> {
    try {
      for (;;) {
        for (let event = cursor.waiting.shift(); event; event = cursor.waiting.shift()) yield event;
        if (cursor.ended?.error) throw cursor.ended.error;
        if (cursor.ended) return undefined;
        const woken = new Promise<void>((resolve) => {
          cursor.wake = resolve;
        });
        const { behind } = cursor;
        cursor.behind = false;
        if (behind) this.#catchUp();
        await woken;
      }
    } finally {
      this.#cursors.delete(cursor);
    }
  }
}
