import { isAfter } from './room-position.ts';
import { type RoomEvent, RoomReader } from './room-reader.ts';

/** How far a room was seen, by its listeners and by each of its loops. */
export class Subscription {
  readonly #readers = new Set<RoomReader>();
  readonly #maxBehind: number;
  readonly #catchUp: () => void;
  #position: string | undefined;

  /** @param catchUp has the events after `after` sent again */
  constructor(maxBehind: number, catchUp: () => void) {
    this.#maxBehind = maxBehind;
    this.#catchUp = catchUp;
  }

  /** Of the last event seen. */
  get position(): string | undefined {
    return this.#position;
  }

  /** Where events have to begin so that nobody misses one. A loop that is behind asks for its own when it is ready for them. */
  get after(): string | undefined {
    let after = this.#position;
    for (const { behind, position } of this.#readers) {
      if (!behind && position && after && isAfter(after, position)) after = position;
    }
    return after;
  }

  /** From now on, until the loop is left. */
  read(): AsyncGenerator<RoomEvent, undefined> {
    const reader = new RoomReader(this.#position, this.#maxBehind);
    this.#readers.add(reader);
    return this.#read(reader);
  }

  /** Events begin here; where that is known already, as for who resumes, it stays. */
  begin(position: string | undefined): void {
    this.#position ??= position;
    for (const reader of this.#readers) reader.position ??= position;
  }

  /** Events up to here will not come any more. */
  skip(position: string): void {
    for (const reader of this.#readers) {
      if (!reader.behind && isAfter(position, reader.position)) reader.position = position;
    }
    if (isAfter(position, this.#position)) this.#position = position;
  }

  /** Another log is there. */
  reset(position: string): void {
    this.#position = position;
    for (const reader of this.#readers) reader.position = position;
  }

  /** False for an event that was seen before. */
  take(event: RoomEvent): boolean {
    for (const reader of this.#readers) reader.offer(event);
    if (!isAfter(event.position, this.#position)) return false;
    this.#position = event.position;
    return true;
  }

  /** Ends the loops; with an error they throw it. */
  end(error?: Error): void {
    for (const reader of this.#readers) reader.end(error);
    this.#readers.clear();
  }

  async *#read(reader: RoomReader): AsyncGenerator<RoomEvent, undefined> {
    try {
      return yield* reader.read(this.#catchUp);
    } finally {
      this.#readers.delete(reader);
    }
  }
}
