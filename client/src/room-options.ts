import type { LinkOptions } from './link.ts';
import { type OutboxStore, platformStore } from './outbox-store.ts';
import { platformSocket } from './socket.ts';

/** How to join a room. Times are in milliseconds. */
export interface RoomOptions extends LinkOptions {
  /** The name to ask for: 1 to 32 characters; where it is taken the server adds a number. @default a guest's */
  readonly name?: string | undefined;
  /** Events begin after this position; see `resume`. @default the room's head: what comes from now on */
  readonly after?: string | undefined;
  /** With how many of the newest events to begin, where there is no position to go on from: up to 1000. @default 0 */
  readonly last?: number | undefined;
  /**
   * A secret of 8 to 64 characters of [A-Za-z0-9_-], by which the server gives the same name back at once.
   * @default one that is kept for the tab of a browser, elsewhere one for each room
   */
  readonly client?: string | undefined;
  /** Where lines wait until they are acknowledged. @default IndexedDB, and memory where there is none */
  readonly store?: OutboxStore | undefined;
  /** Keeps the position of the last event in the store, and begins there where `after` does not say otherwise. @default false */
  readonly resume?: boolean | undefined;
  /** Lines that may wait to be acknowledged; `publish` rejects more. @default 1000 */
  readonly maxUnacknowledged?: number | undefined;
  /** Of these, how many may be on their way at once, 1 or more. With 1 a line that fails, and is tried again, is not overtaken. @default 32 */
  readonly maxInFlight?: number | undefined;
  /** Events that may wait for a slow `for await`, 1 or more; what is beyond is fetched again when the loop is through with these. @default 1000 */
  readonly maxBehind?: number | undefined;
}

/** @throws Error where the platform has no WebSocket and none is given */
export function withDefaults(options: RoomOptions) {
  return {
    ...options,
    WebSocket: options.WebSocket ?? platformSocket(),
    store: options.store ?? platformStore(),
    maxUnacknowledged: options.maxUnacknowledged ?? 1_000,
    maxInFlight: options.maxInFlight || 32,
    maxBehind: options.maxBehind || 1_000,
  };
}
