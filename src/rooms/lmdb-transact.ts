import { setImmediate } from 'node:timers/promises';
import type { RootDatabase } from 'lmdb';
import { RoomError, unavailable } from './room-error.ts';

/** As lmdb rejects where a commit failed: with a promise of the reason, which must be handled. */
interface CommitError extends Error {
  readonly commitError?: Promise<never>;
}

/**
 * Runs an action in a write transaction, all of it or nothing. Resolves when it is flushed to disk, where the environment flushes.
 * @throws RoomError that the action throws, and `unavailable`, with its cause, for every other failure
 */
export async function transact<T>(root: RootDatabase, action: () => T): Promise<T> {
  try {
    // Of a plain transaction, what was written before the action threw would be committed.
    return await root.childTransaction(action);
  } catch (error) {
    if (error instanceof RoomError) throw error;
    throw unavailable(await reasonOf(error as CommitError));
  }
}

/** The reason of a failed commit is known in the same turn, where lmdb tells it at all. */
async function reasonOf(error: CommitError): Promise<unknown> {
  const told = error.commitError?.catch((reason: unknown) => reason);
  return (await Promise.race([told, setImmediate()])) ?? error;
}
