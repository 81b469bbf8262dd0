import { closeCodes } from './close-codes.ts';
import { withRetryAfter } from './retry-after.ts';
import type { Connection } from './wire/connection.ts';

const DEFAULT_RECONNECTS_PER_SECOND = 500;

/** Options of `server.shutdown`. */
export interface ShutdownOptions {
  /** How many clients are told to come back in the same second; `Infinity` tells all to come at once. @default 500 */
  reconnectsPerSecond?: number;
}

/**
 * Sends connections away with 1012, each with a time of its own to come back: whoever serves next must not be asked by
 * all of them at once.
 */
export class Draining {
  /** Each connection has so many milliseconds in which nobody else comes back. */
  readonly #slot: number;
  #sentAway = 0;

  /** @throws RangeError for a rate that is not above 0 */
  constructor({ reconnectsPerSecond = DEFAULT_RECONNECTS_PER_SECOND }: ShutdownOptions) {
    if (!(reconnectsPerSecond > 0)) {
      throw new RangeError(`shutdown: reconnectsPerSecond: got ${reconnectsPerSecond}, expected a number above 0`);
    }
    this.#slot = 1000 / reconnectsPerSecond;
  }

  /** In an order of chance, so that nobody is the last at each restart. */
  sendAllAway(connections: readonly Connection[]): void {
    const rest = [...connections];
    for (let left = rest.length; left > 0; left--) {
      const at = Math.floor(Math.random() * left);
      const chosen = rest[at] as Connection;
      rest[at] = rest[left - 1] as Connection;
      this.sendAway(chosen);
    }
  }

  sendAway(connection: Connection): void {
    // It is being closed already, by its handler or by a stop before.
    if (connection.readyState !== connection.OPEN) return;
    const afterMs = Math.floor((this.#sentAway++ + Math.random()) * this.#slot);
    try {
      connection.emit('draining', afterMs);
    } catch (error) {
      connection.handlerFailed(error);
    }
    const { code, reason } = closeCodes.SERVICE_RESTART;
    connection.close(code, withRetryAfter(reason, afterMs));
  }
}
