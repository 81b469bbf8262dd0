import type { OutboxStore } from './outbox-store.ts';

/** What a room keeps in a store: lines, and its position. A store that fails is told of once; all works on without it. */
export class RoomStore {
  readonly #store: OutboxStore;
  readonly #linePrefix: string;
  readonly #positionKey: string;
  readonly #onFailure: (error: unknown) => void;
  #failed = false;
  #position: string | undefined;
  #saving = false;

  constructor(store: OutboxStore, room: string, onFailure: (error: unknown) => void) {
    this.#store = store;
    this.#linePrefix = `${room} line `;
    this.#positionKey = `${room} position`;
    this.#onFailure = onFailure;
  }

  /** Key and text of each line, in the order in which they were added. */
  async lines(): Promise<[key: string, text: string][]> {
    const stored = await this.#try(this.#store.entries(this.#linePrefix));
    return (stored ?? []).map(([key, text]) => [key.slice(this.#linePrefix.length), text]);
  }

  addLine(key: string, text: string): void {
    void this.#try(this.#store.set(this.#linePrefix + key, text));
  }

  deleteLine(key: string): void {
    void this.#try(this.#store.delete(this.#linePrefix + key));
  }

  async position(): Promise<string | undefined> {
    const [saved] = (await this.#try(this.#store.entries(this.#positionKey))) ?? [];
    return saved?.[1];
  }

  /** One write at a time: of positions that come faster only the last is written. */
  savePosition(position: string): void {
    this.#position = position;
    if (!this.#saving) void this.#save();
  }

  async #save(): Promise<void> {
    this.#saving = true;
    while (this.#position !== undefined) {
      const position = this.#position;
      this.#position = undefined;
      await this.#try(this.#store.set(this.#positionKey, position));
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
