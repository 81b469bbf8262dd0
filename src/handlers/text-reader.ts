import type { RoomEvent } from '../rooms/event-log.ts';
import type { Position } from '../rooms/position.ts';
import type { Format, Reader } from '../rooms/rooms.ts';
import type { Connection } from '../wire/connection.ts';
import { encodeShared } from '../wire/group.ts';

/** A text, and its frame for all connections that do not compress. */
export interface SharedText {
  readonly text: string;
  readonly frame: Buffer;
}

/** The format of readers that are given each event as one text. */
export function textFormat(write: (event: RoomEvent, position: Position) => string): Format<SharedText> {
  return {
    encode(event, position) {
      const text = write(event, position);
      return { text, frame: encodeShared(text) };
    },
  };
}

/** A connection that reads a room. What is missing cannot be said in bare text: such a reader is sent away. */
export class TextReader implements Reader<SharedText> {
  protected readonly connection: Connection;
  readonly #onGap: () => void;

  constructor(connection: Connection, onGap: () => void) {
    this.connection = connection;
    this.#onGap = onGap;
  }

  get bufferedAmount(): number {
    return this.connection.bufferedAmount;
  }

  deliver({ text, frame }: SharedText, _event: RoomEvent): void {
    this.connection.sendShared(text, frame);
  }

  gap(_from: Position, _to: Position): void {
    this.#onGap();
  }

  /** All that comes now is new. */
  reset(_position: Position): void {}

  whenDrained(callback: () => void): void {
    this.connection.whenSent(callback);
  }
}
