import { median } from './round-trips.ts';

/** What happened in one second. */
interface Second {
  sent: number;
  received: number;
  /** In milliseconds. */
  roundTrips: number[];
}

/** One value per second, oldest first; null where there is none. */
export interface RateSeries {
  /** Seconds since the epoch. */
  readonly times: number[];
  readonly sent: number[];
  readonly received: number[];
  /** The median of the second, in milliseconds. */
  readonly roundTrip: (number | null)[];
}

/** Seconds that are kept. */
export const SECONDS_KEPT = 60;

/** Round trips kept of a second; a flood needs no more for its median. */
const MAX_SAMPLES = 1_000;

/** Messages per second of the last minute. Times are in milliseconds since the epoch. */
export class Rates {
  readonly #seconds = new Map<number, Second>();

  sent(now: number): void {
    this.#at(now).sent += 1;
  }

  received(now: number): void {
    this.#at(now).received += 1;
  }

  roundTrip(milliseconds: number, now: number): void {
    const { roundTrips } = this.#at(now);
    if (roundTrips.length < MAX_SAMPLES) roundTrips.push(milliseconds);
  }

  /** The whole seconds before now. */
  series(now: number): RateSeries {
    const end = Math.floor(now / 1000);
    const times = Array.from({ length: SECONDS_KEPT }, (_, index) => end - SECONDS_KEPT + index);
    for (const second of this.#seconds.keys()) if (second < end - SECONDS_KEPT) this.#seconds.delete(second);
    const seconds = times.map((time) => this.#seconds.get(time));
    return {
      times,
      sent: seconds.map((second) => second?.sent ?? 0),
      received: seconds.map((second) => second?.received ?? 0),
      roundTrip: seconds.map((second) => median(second?.roundTrips ?? []) ?? null),
    };
  }

  #at(now: number): Second {
    const time = Math.floor(now / 1000);
    const second = this.#seconds.get(time) ?? { sent: 0, received: 0, roundTrips: [] };
    this.#seconds.set(time, second);
    return second;
  }
}
