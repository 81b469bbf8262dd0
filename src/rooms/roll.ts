/** Somebody came or has left. */
export type Watcher = (change: 'join' | 'leave', name: string) => void;

export interface Watch {
  /** Who was there when the watch began, in the order of their coming; the first of them where they are many. */
  readonly members: readonly string[];
  close(): void;
}

/** Over this number nobody is told of each other: n members who come and go would be n² messages. */
export const MAX_WATCHED_MEMBERS = 200;

/** Who is in a room, as one process knows it that watches. */
export class Roll {
  readonly #load: () => Promise<readonly string[]>;
  readonly #watchers = new Set<Watcher>();
  #names: Set<string> | undefined;
  #loading: Promise<void> | undefined;
  /** What changed while the names were being loaded. */
  #meanwhile: Parameters<Watcher>[] = [];

  constructor(load: () => Promise<readonly string[]>) {
    this.#load = load;
  }

  /** @param onEmpty called when nobody watches any more */
  async watch(watcher: Watcher, onEmpty: () => void): Promise<Watch> {
    const close = () => {
      if (this.#watchers.delete(watcher) && this.#watchers.size === 0) onEmpty();
    };
    this.#watchers.add(watcher);
    try {
      this.#loading ??= this.#loadNames();
      await this.#loading;
    } catch (error) {
      close();
      throw error;
    }
    return { members: this.#firstNames(), close };
  }

  onChange(change: 'join' | 'leave', name: string): void {
    if (this.#names) this.#apply(change, name);
    else this.#meanwhile.push([change, name]);
    if ((this.#names?.size ?? 0) > MAX_WATCHED_MEMBERS) return;
    for (const watcher of this.#watchers) watcher(change, name);
  }

  async #loadNames(): Promise<void> {
    try {
      this.#names = new Set(await this.#load());
      for (const [change, name] of this.#meanwhile) this.#apply(change, name);
    } finally {
      this.#meanwhile = [];
      // Where it failed the next watcher tries again.
      if (!this.#names) this.#loading = undefined;
    }
  }

  #firstNames(): string[] {
    const first: string[] = [];
    for (const name of this.#names ?? []) {
      if (first.length === MAX_WATCHED_MEMBERS) break;
      first.push(name);
    }
    return first;
  }

  #apply(change: 'join' | 'leave', name: string): void {
    if (change === 'join') this.#names?.add(name);
    else this.#names?.delete(name);
  }
}
