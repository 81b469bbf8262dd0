import type { Refusal } from './handshake.ts';

/** What a client that was refused for now is told to wait, in seconds. */
const RETRY_AFTER = { 'Retry-After': '5' };

/** How many connections there are, in total and of each address, against their limits. */
export class Admission {
  readonly #maxTotal: number;
  readonly #maxPerAddress: number;
  readonly #what: string;
  readonly #perAddress = new Map<string, number>();
  #total = 0;

  /** @param what the word for them in a refusal */
  constructor(maxTotal: number, maxPerAddress: number, what: string) {
    this.#maxTotal = maxTotal;
    this.#maxPerAddress = maxPerAddress;
    this.#what = what;
  }

  /** Why one more connection of this address is not let in; an address that is not known is not counted by itself. */
  refusal(address: string | undefined): Refusal | undefined {
    if (this.#total >= this.#maxTotal) {
      return {
        status: 503,
        reason: `${this.#total} ${this.#what}, the limit is ${this.#maxTotal}`,
        headers: RETRY_AFTER,
      };
    }
    const count = this.#countOf(address);
    if (count < this.#maxPerAddress) return undefined;
    const reason = `${count} ${this.#what} from ${address}, the limit is ${this.#maxPerAddress}`;
    return { status: 429, reason, headers: RETRY_AFTER };
  }

  enter(address: string | undefined): void {
    this.#total++;
    if (address !== undefined) this.#perAddress.set(address, this.#countOf(address) + 1);
  }

  leave(address: string | undefined): void {
    this.#total--;
    if (address === undefined) return;
    const count = this.#countOf(address) - 1;
    if (count > 0) this.#perAddress.set(address, count);
    else this.#perAddress.delete(address);
  }

  #countOf(address: string | undefined): number {
    return address === undefined ? 0 : (this.#perAddress.get(address) ?? 0);
  }
}
