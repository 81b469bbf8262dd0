import { lineKey } from './random.ts';
import { type OutboxLine, RoomError } from './room-error.ts';
import type { RoomStore } from './room-store.ts';

interface Entry extends OutboxLine {
  inFlight: boolean;
  /** Undefined for a line of before a reload: nobody waits for it. */
  settle?: { resolve(position: string): void; reject(error: RoomError): void } | undefined;
}

/** A line that waits, and its acknowledgement. */
export interface PublishedLine extends OutboxLine {
  /** Resolves with the line's position when it is durable; rejects with a RoomError. */
  readonly acknowledged: Promise<string>;
}

/** Lines of one room that are not acknowledged, oldest first; each is in the store from `add` until it is settled. */
export class Outbox {
  readonly #store: RoomStore;
  #entries = new Map<string, Entry>();
  #inFlight = 0;

  constructor(store: RoomStore) {
    this.#store = store;
  }

  get size(): number {
    return this.#entries.size;
  }

  get lines(): readonly OutboxLine[] {
    return Array.from(this.#entries.values(), ({ key, text }) => ({ key, text }));
  }

  /** Takes up what was left in the store; it comes before what was added meanwhile. */
  async restore(): Promise<void> {
    const added = this.#entries;
    const stored = (await this.#store.lines()).filter(([key]) => !added.has(key));
    this.#entries = new Map(stored.map(([key, text]) => [key, { key, text, inFlight: false }]));
    for (const [key, entry] of added) this.#entries.set(key, entry);
  }

  add(text: string): PublishedLine {
    const [entry, acknowledged] = createEntry(text);
    const { key } = entry;
    this.#entries.set(key, entry);
    this.#store.addLine(key, text);
    return { key, text, acknowledged };
  }

  /** A line that does not even begin to wait. */
  refuseNew(text: string, error: (line: OutboxLine) => RoomError): PublishedLine {
    const [{ key, settle }, acknowledged] = createEntry(text);
    settle?.reject(error({ key, text }));
    return { key, text, acknowledged };
  }

  /** The oldest lines that are not on their way, so that `window` of them are then. */
  *takeUnsent(window: number): Generator<OutboxLine> {
    for (const entry of this.#entries.values()) {
      if (this.#inFlight >= window) return;
      if (entry.inFlight) continue;
      this.#setInFlight(entry, true);
      yield entry;
    }
  }

  /** What was on its way may not have arrived. */
  connectionLost(): void {
    for (const entry of this.#entries.values()) this.#setInFlight(entry, false);
  }

  /** Keeps the line for another attempt. */
  postpone(key: string): void {
    const entry = this.#entries.get(key);
    if (entry) this.#setInFlight(entry, false);
  }

  /** Undefined where the line is not of this outbox, or was acknowledged before. */
  acknowledge(key: string, position: string): OutboxLine | undefined {
    const entry = this.#remove(key);
    entry?.settle?.resolve(position);
    return entry;
  }

  /** Gives a line up. */
  refuse(key: string, error: (line: OutboxLine) => RoomError): RoomError | undefined {
    const entry = this.#remove(key);
    if (!entry) return undefined;
    const reason = error({ key, text: entry.text });
    entry.settle?.reject(reason);
    return reason;
  }

  /** The line on its way that is the longest: where the server said that one was too long, this is it. */
  longestInFlight(): OutboxLine | undefined {
    const sent = [...this.#entries.values()].filter(({ inFlight }) => inFlight);
    return sent.sort((a, b) => b.text.length - a.text.length)[0];
  }

  /** Nobody waits any more; the lines stay. */
  rejectAll(message: string): void {
    for (const entry of this.#entries.values()) {
      entry.settle?.reject(new RoomError('closed', message, true, { key: entry.key, text: entry.text }));
      entry.settle = undefined;
    }
  }

  #remove(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#setInFlight(entry, false);
    this.#entries.delete(key);
    this.#store.deleteLine(key);
    return entry;
  }

  #setInFlight(entry: Entry, inFlight: boolean): void {
    this.#inFlight += Number(inFlight) - Number(entry.inFlight);
    entry.inFlight = inFlight;
  }
}

function createEntry(text: string): [entry: Entry, acknowledged: Promise<string>] {
  let settle: Entry['settle'];
  const acknowledged = new Promise<string>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // A failure is an event of the room too: not to wait for this promise must not end a process.
  acknowledged.catch(() => {});
  return [{ key: lineKey(), text, inFlight: false, settle }, acknowledged];
}
