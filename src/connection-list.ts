import type { Owner } from './upgrader.ts';
import type { Connection } from './wire/connection.ts';

/** The connections of a server, where coming and going cost the same however many there are. */
export class ConnectionList {
  /** Those that are open, in no particular order. */
  readonly open: Connection[] = [];
  readonly #places = new Map<Connection, number>();
  /** Those whose sockets are not gone yet: in the handshake, open or closing. */
  readonly #present = new Map<Connection, Owner>();

  /** Its handshake begins. */
  enter(connection: Connection, owner: Owner): void {
    this.#present.set(connection, owner);
  }

  opened(connection: Connection): void {
    this.#places.set(connection, this.open.push(connection) - 1);
  }

  /** The last connection takes the place of the one that leaves, so the array has no particular order. */
  closed(connection: Connection): void {
    const place = this.#places.get(connection);
    if (place === undefined) return;
    this.#places.delete(connection);
    const last = this.open.pop() as Connection;
    if (last === connection) return;
    this.open[place] = last;
    this.#places.set(last, place);
  }

  /** Its socket is gone; whose it was. */
  leave(connection: Connection): Owner | undefined {
    const owner = this.#present.get(connection);
    this.#present.delete(connection);
    return owner;
  }

  terminate(): void {
    for (const connection of this.#present.keys()) connection.terminate();
  }

  /** Resolves when the sockets of all that are here now are gone. */
  async ended(): Promise<void> {
    await Promise.all(
      [...this.#present.keys()].map(({ socket }) => new Promise((resolve) => socket.once('close', resolve))),
    );
  }
}
