/** What the heartbeat needs of a connection. */
export interface Beating {
  /** Set by the connection whenever a byte arrives; cleared here. */
  heard: boolean;
  /** Where the heartbeat keeps its own note; nobody else writes it. */
  beat: number;
  sendPing(): unknown;
  /** The peer has been silent for too long. */
  onSilence(): void;
}

/** Notes on a connection: the round it is in. */
const QUIET = 0;
const PINGED = 1;

/**
 * Pings every connection and finds the dead ones: one timer and one wheel for all.
 * The wheel's slots are a pass through time; each connection stands in the slot where it is next looked at.
 */
export class Heartbeat {
  readonly #interval: number;
  readonly #timeout: number;
  readonly #slots: Set<Beating>[];
  readonly #tickMs: number;
  #now = 0;
  #size = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param interval milliseconds between two pings of a connection; 0 switches the heartbeat off
   * @param timeout milliseconds after a ping in which any byte must arrive
   */
  constructor(interval: number, timeout: number) {
    // A tick is a tenth of the shorter time: a deadline is met to within that, and a wheel stays small.
    this.#tickMs = Math.max(10, Math.ceil(Math.min(interval, timeout) / 10));
    this.#interval = Math.max(1, Math.round(interval / this.#tickMs));
    this.#timeout = Math.max(1, Math.round(timeout / this.#tickMs));
    const slots = interval > 0 ? Math.max(this.#interval, this.#timeout) + 1 : 0;
    this.#slots = Array.from({ length: slots }, () => new Set());
  }

  add(connection: Beating): void {
    if (this.#slots.length === 0) return;
    connection.beat = this.#place(connection, this.#interval, QUIET);
    this.#size++;
    this.#timer ??= setInterval(() => this.#tick(), this.#tickMs).unref();
  }

  remove(connection: Beating): void {
    if (this.#slots.length === 0) return;
    if (!this.#slots[connection.beat >> 1]?.delete(connection)) return;
    this.#size--;
    if (this.#size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Puts a connection `ticks` ahead and returns its note: the slot and the round. */
  #place(connection: Beating, ticks: number, round: number): number {
    const slot = (this.#now + ticks) % this.#slots.length;
    this.#slots[slot]?.add(connection);
    return (slot << 1) | round;
  }

  #tick(): void {
    this.#now = (this.#now + 1) % this.#slots.length;
    const due = this.#slots[this.#now] as Set<Beating>;
    for (const connection of due) {
      const pinged = (connection.beat & 1) === PINGED;
      if (pinged && !connection.heard) {
        connection.onSilence();
        continue;
      }
      due.delete(connection);
      if (pinged) {
        // Answered: the rest of the interval until the next ping.
        connection.beat = this.#place(connection, Math.max(1, this.#interval - this.#timeout), QUIET);
      } else {
        connection.heard = false;
        connection.beat = this.#place(connection, this.#timeout, PINGED);
        connection.sendPing();
      }
    }
  }
}
