import { setImmediate } from 'node:timers/promises';
import type { RootDatabase } from 'lmdb';
import { RoomError, unavailable } from '../room-error.ts';
import { type NewestTransaction, Outdated } from './newest.ts';

/** As lmdb rejects where a commit failed: with a promise of the reason, which must be handled. */
interface CommitError extends Error {
  readonly commitError?: Promise<never>;
}

/** How often a transaction is begun again that was outdated: each time another process has opened the environment at the wrong moment. */
const MOST_ATTEMPTS = 10;

/** Runs actions in write transactions of an environment, each of them whole or not at all, and never over what is committed. */
export class Transactions {
  readonly #root: RootDatabase;
  readonly #newest: NewestTransaction;

  constructor(root: RootDatabase, newest: NewestTransaction) {
    this.#root = root;
    this.#newest = newest;
  }

  /**
   * Resolves when it is flushed to disk, where the environment flushes.
   * @throws RoomError that the action throws, and `unavailable`, with its cause, for every other failure
   */
  async run<T>(action: () => T): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        // Of a plain transaction, what was written before the action threw would be committed.
        return await this.#root.childTransaction(this.#checked(action));
      } catch (error) {
        if (error instanceof RoomError) throw error;
        if (!(error instanceof Outdated) || attempt === MOST_ATTEMPTS)
          throw unavailable(await reasonOf(error as CommitError));
      }
    }
  }

  /** At once; it waits for other processes. What the action throws is passed on. */
  runSync<T>(action: () => T): T {
    for (let attempt = 1; ; attempt++) {
      try {
        return this.#root.transactionSync(this.#checked(action));
      } catch (error) {
        if (!(error instanceof Outdated) || attempt === MOST_ATTEMPTS) throw error;
      }
    }
  }

  #checked<T>(action: () => T): () => T {
    return () => {
      this.#newest.check(this.#root.getWriteTxnId());
      return action();
    };
  }
}

/** The reason of a failed commit is known in the same turn, where lmdb tells it at all. */
async function reasonOf(error: CommitError): Promise<unknown> {
  const told = error.commitError?.catch((reason: unknown) => reason);
  return (await Promise.race([told, setImmediate()])) ?? error;
}
