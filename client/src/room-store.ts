import type { OutboxStore } from './outbox-store.ts';

/** What a room keeps in a store: lines, and its position. A store that fails is told of once; all works on without it. */
export class RoomStore {
  readonly #store: OutboxStore;
  readonly #lines: string;
  readonly #at: string;
  readonly #onFailure: (error: unknown) => void;
  #failed = false;
  #position: string | undefined;
  #saving = false;

  constructor(store: OutboxStore, room: string, onFailure: (error: unknown) => void) {
    this.#store = store;
    this.#lines = `${room} line `;
    this.#at = `${room} position`;
    this.#onFailure = onFailure;
  }

  /** Key and text of each line, in the order in which they were added. */
  async lines(): Promise<[key: string, text: string][]> {
    const stored = await this.#try(this.#store.entries(this.#lines));
    return (stored ?? []).map(([key, text]) => [key.slice(this.#lines.length), text]);
  }

  addLine(key: string, text: string): void {
    void this.#try(this.#store.set(this.#lines + key, text));
  }

  deleteLine(key: string): void {
    void this.#try(this.#store.delete(this.#lines + key));
  }

  async position(): Promise<string | undefined> {
    return (await this.#try(this.#store.entries(this.#at)))?.[0]?.[1];
  }

  /** One write at a time: of positions that come faster only the last is written. */
  async savePosition(position: string): Promise<void> {
    if (position === this.#position) return;
    this.#position = position;
    if (this.#saving) return;
    this.#saving = true;
    for (let saved: string | undefined; saved !== this.#position; ) {
      saved = this.#position;
      await this.#try(this.#store.set(this.#at, saved));
    }
    this.#saving = false;
  }

  async #try<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work;
    } catch (error) {
      if (!this.#failed) this.#onFailure(error);
      this.#failed = true;
      return undefined;
    }
  }
}
