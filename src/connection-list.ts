import type { Connection } from './wire/connection.ts';

/** The open connections as an array, where coming and going cost the same however many there are. */
export class ConnectionList {
  readonly all: Connection[] = [];
  readonly #places = new Map<Connection, number>();

  add(connection: Connection): void {
    this.#places.set(connection, this.all.push(connection) - 1);
  }

  /** The last connection takes the place of the one that leaves, so the array has no particular order. */
  delete(connection: Connection): void {
    const place = this.#places.get(connection);
    if (place === undefined) return;
    this.#places.delete(connection);
    const last = this.all.pop() as Connection;
    if (last === connection) return;
    this.all[place] = last;
    this.#places.set(last, place);
  }
}
