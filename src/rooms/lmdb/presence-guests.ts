import type { Database } from 'lmdb';
import { guestName, guestNumber, type Naming } from '../names.ts';
import { type Key, LAST_NUMBER, within } from './presence-key.ts';

/** Which guests' numbers are free in which room: the lowest is found at once, however many guests there are. */
export class GuestNumbers {
  /** By room and prefix: no guest had this number or a higher one. */
  readonly #tops: Database<number, Key>;
  /** Room, prefix and number of guests below the top who have left. */
  readonly #freed: Database<true, Key>;

  constructor(tops: Database<number, Key>, freed: Database<true, Key>) {
    this.#tops = tops;
    this.#freed = freed;
  }

  /** The name of the lowest number that is free. */
  take(room: string, naming: Naming, isTaken: (name: string) => boolean): string {
    const { guestPrefix, guestFrom } = naming;
    for (const number of this.#takeFreed(room, guestPrefix)) {
      // Where somebody asked for this very name, the number is given back when that one leaves.
      if (number >= guestFrom && !isTaken(guestName(naming, number))) return guestName(naming, number);
    }
    let number = this.#tops.get([room, guestPrefix]) ?? guestFrom;
    while (isTaken(guestName(naming, number))) number++;
    this.#tops.putSync([room, guestPrefix], number + 1);
    return guestName(naming, number);
  }

  *#takeFreed(room: string, guestPrefix: string): Generator<number> {
    const lowest = { start: [room, guestPrefix], end: [room, guestPrefix, LAST_NUMBER], limit: 1 };
    for (;;) {
      const [key] = this.#freed.getKeys(lowest);
      if (key === undefined) return;
      this.#freed.removeSync(key);
      yield Number(key[2]);
    }
  }

  /** Whatever way the name was come by. */
  giveBack(room: string, name: string): void {
    for (const { key, value: top } of [...this.#tops.getRange(within(room))]) {
      const guestPrefix = String(key[1]);
      const number = guestNumber({ pool: [], guestPrefix, guestFrom: 1 }, name);
      if (number !== undefined && number < top) this.#freed.putSync([room, guestPrefix, number], true);
    }
  }

  /** Nobody is in the room. */
  forget(room: string): void {
    for (const table of [this.#tops, this.#freed]) {
      for (const key of [...table.getKeys(within(room))]) table.removeSync(key);
    }
  }
}
