/** Texts on their way at most; the oldest are given up. */
const MAX_PENDING = 1_000;

/** How far an answer may be out of order. */
const LOOK_AHEAD = 16;

/** How long sent texts take to come back, whole or inside a longer one. Times are in milliseconds. */
export class RoundTrips {
  #pending: { readonly text: string; readonly at: number }[] = [];

  sent(text: string, now: number): void {
    if (text === '') return;
    this.#pending.push({ text, at: now });
    if (this.#pending.length > MAX_PENDING) this.#pending.shift();
  }

  /** The time of the sent text that came back in this one; undefined where it is none. */
  received(text: string, now: number): number | undefined {
    const index = this.#pending.slice(0, LOOK_AHEAD).findIndex((pending) => text.includes(pending.text));
    const [answered] = index < 0 ? [] : this.#pending.splice(index, 1);
    return answered && now - answered.at;
  }

  /** Nothing on its way comes back any more. */
  clear(): void {
    this.#pending = [];
  }
}

/** The middle one of some numbers, the lower of two; undefined of none. */
export function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}
