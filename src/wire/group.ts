import type { Connection } from './connection.ts';
import { encodeText, OPCODE } from './frame.ts';
import { relayedFrame } from './relay.ts';

/** Which connections of a group are meant. */
export type ConnectionFilter = (connection: Connection) => boolean;

/** The frame of a text for `Connection.sendShared`; a text that is just being handed out, and is long, is not encoded anew. */
export function encodeShared(text: string): Buffer {
  return relayedFrame(text, OPCODE.TEXT) ?? encodeText(text);
}

/** Sends a text to many, encoded once; returns to how many it was sent. */
export function sendToAll(connections: Iterable<Connection>, text: string, filter?: ConnectionFilter): number {
  const frame = encodeShared(text);
  let sent = 0;
  for (const connection of connections) {
    if ((filter === undefined || filter(connection)) && connection.sendShared(text, frame)) sent++;
  }
  return sent;
}

/** A set of connections to send to. A connection leaves by itself when it ends. */
export class Group {
  readonly #members = new Set<Connection>();

  get size(): number {
    return this.#members.size;
  }

  add(connection: Connection): void {
    if (connection.readyState !== connection.OPEN) return;
    this.#members.add(connection);
    connection.groups ??= new Set();
    connection.groups.add(this);
  }

  delete(connection: Connection): void {
    this.#members.delete(connection);
    connection.groups?.delete(this);
  }

  /**
   * Sends a text to each member that `filter` lets through.
   * @returns how many it was sent to; one that is too slow to take it is closed with 1013 and not counted
   */
  broadcast(text: string, filter?: ConnectionFilter): number {
    return sendToAll(this.#members, text, filter);
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#members.values();
  }
}
