import { unavailable } from '../room-error.ts';
import type { Store } from './store.ts';

/** The most requests and bytes of one transaction, so that no other process waits long for its turn. */
const MOST_AT_ONCE = 1000;
const MOST_BYTES = 4 * 1024 ** 2;
/** Milliseconds without an attempt after a failure: a full disk stays full for a while. */
const PAUSE = 100;
/** One that is being flushed, and the next. */
const MOST_UNDER_WAY = 2;

/** What a write transaction did. */
export interface Done<R> {
  /** One per request. */
  readonly outcomes: readonly R[];
  /** Whether it can be read, and so survives the end of this process; undefined where it must be flushed before it is told. */
  readonly isVisible?: (() => boolean) | undefined;
}

interface Waiting<Q, R> {
  readonly request: Q;
  readonly resolve: (outcome: R) => void;
  readonly reject: (error: unknown) => void;
}

export interface CommitsOptions<Q, R> {
  /** About how much a request writes. */
  bytesOf(request: Q): number;
  /** Answers requests, inside a write transaction. */
  apply(requests: readonly Q[]): Done<R>;
  /** Milliseconds for which requests wait for their turn to write, which another process may have and not give back. */
  readonly patience: number;
}

/** Group commit: what is asked for in one turn, and what comes while a commit runs, goes into one write transaction. */
export class Commits<Q, R> {
  readonly #store: Store;
  readonly #bytesOf: (request: Q) => number;
  readonly #apply: (requests: readonly Q[]) => Done<R>;
  readonly #patience: number;
  readonly #waiting: Waiting<Q, R>[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #isCalled = false;
  #impatience: NodeJS.Timeout | undefined;
  #failure: { readonly error: unknown; readonly until: number } | undefined;

  constructor(store: Store, { bytesOf, apply, patience }: CommitsOptions<Q, R>) {
    this.#store = store;
    this.#bytesOf = bytesOf;
    this.#apply = apply;
    this.#patience = patience;
  }

  /** @throws RoomError unavailable where the store fails, or failed a moment ago */
  ask(request: Q): Promise<R> {
    if (this.#failure !== undefined && performance.now() < this.#failure.until) {
      return Promise.reject(this.#failure.error);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      if (this.#waiting.length === 1) this.#awaitTurn();
      this.#call();
    });
  }

  /** Resolves when everything that was asked for is done. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** Asks lmdb for a turn to write, unless it has been asked. */
  #call(): void {
    if (this.#isCalled || this.#waiting.length === 0 || this.#underWay.size >= MOST_UNDER_WAY) return;
    this.#isCalled = true;
    const commit = this.#commit().then(() => {
      this.#underWay.delete(commit);
      this.#call();
    });
    this.#underWay.add(commit);
  }

  async #commit(): Promise<void> {
    let batch: Waiting<Q, R>[] | undefined;
    let isOver = false;
    try {
      const { outcomes } = await this.#store.write(() => {
        const taken = this.#take();
        batch = taken;
        const done = this.#apply(taken.map(({ request }) => request));
        const { isVisible } = done;
        if (isVisible) watch(() => isOver || (isVisible() && resolveAll(taken, done.outcomes)));
        return done;
      });
      resolveAll(batch ?? [], outcomes);
      this.#failure = undefined;
    } catch (error) {
      this.#fail(batch ?? this.#take(), error);
    } finally {
      isOver = true;
    }
  }

  #take(): Waiting<Q, R>[] {
    this.#isCalled = false;
    let bytes = 0;
    let count = 0;
    for (const { request } of this.#waiting) {
      if (count === MOST_AT_ONCE || bytes >= MOST_BYTES) break;
      bytes += this.#bytesOf(request);
      count++;
    }
    const batch = this.#waiting.splice(0, count);
    this.#awaitTurn();
    return batch;
  }

  /** Begins to wait anew, where there is anything that waits. */
  #awaitTurn(): void {
    clearTimeout(this.#impatience);
    this.#impatience = this.#waiting.length > 0 ? setTimeout(() => this.#giveUp(), this.#patience) : undefined;
  }

  /** Nothing of what waits has been written, nor will be. */
  #giveUp(): void {
    const error = unavailable(new Error(`there was no turn to write for ${this.#patience} ms`));
    this.#fail(this.#waiting.splice(0), error);
    this.#awaitTurn();
  }

  #fail(batch: readonly Waiting<Q, R>[], error: unknown): void {
    this.#failure = { error, until: performance.now() + PAUSE };
    for (const { reject } of batch) reject(error);
  }
}

/** Leaves nothing to be resolved, or rejected, once more. */
function resolveAll<Q, R>(batch: Waiting<Q, R>[], outcomes: readonly R[]): true {
  for (const [i, { resolve }] of batch.splice(0).entries()) resolve(outcomes[i] as R);
  return true;
}

/**
 * Looks, once in every turn of the event loop, until there is no more to look for. It does not keep the loop turning: lmdb wakes it
 * when a commit becomes visible, but tells only when it is flushed, which takes a slow disk much longer.
 */
function watch(isOver: () => boolean): void {
  setImmediate(() => {
    if (!isOver()) watch(isOver);
  }).unref();
}
