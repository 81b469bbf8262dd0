import type { Refusal } from './handshake.ts';

/** What a client that was refused for now is told to wait, in seconds. */
const RETRY_AFTER = { 'Retry-After': '5' };

/** How many connections there are, in total and of each owner, an address or a user, against their limits. */
export class Admission {
  readonly #maxTotal: number;
  readonly #maxPerOwner: number;
  readonly #what: string;
  readonly #perOwner = new Map<string, number>();
  #total = 0;

  /** @param what the words for them in a refusal */
  constructor(maxTotal: number, maxPerOwner: number, what: string) {
    this.#maxTotal = maxTotal;
    this.#maxPerOwner = maxPerOwner;
    this.#what = what;
  }

  /** Why one more connection of this owner is not let in; one that is not known is not counted by itself. */
  refusal(owner: string | undefined): Refusal | undefined {
    if (this.#total >= this.#maxTotal) {
      return {
        status: 503,
        reason: `${this.#total} ${this.#what}, the limit is ${this.#maxTotal}`,
        headers: RETRY_AFTER,
      };
    }
    const count = this.#countOf(owner);
    if (count < this.#maxPerOwner) return undefined;
    const reason = `${count} ${this.#what} from ${owner}, the limit is ${this.#maxPerOwner}`;
    return { status: 429, reason, headers: RETRY_AFTER };
  }

  enter(owner: string | undefined): void {
    this.#total++;
    if (owner !== undefined) this.#perOwner.set(owner, this.#countOf(owner) + 1);
  }

  leave(owner: string | undefined): void {
    this.#total--;
    if (owner === undefined) return;
    const count = this.#countOf(owner) - 1;
    if (count > 0) this.#perOwner.set(owner, count);
    else this.#perOwner.delete(owner);
  }

  #countOf(owner: string | undefined): number {
    return owner === undefined ? 0 : (this.#perOwner.get(owner) ?? 0);
  }
}

/** Counts each user's, who has no bound in total. */
export function userAdmission(maxPerUser: number, what: string): Admission {
  return new Admission(Number.POSITIVE_INFINITY, maxPerUser, what);
}
