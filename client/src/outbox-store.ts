import { createStore, del, entries, set } from 'idb-keyval';

/** Where lines wait that are not acknowledged yet; strings by key. What it rejects with does not keep a line from being published. */
export interface OutboxStore {
  /** Those whose keys begin with `prefix`, in the order of the keys. */
  entries(prefix: string): Promise<readonly (readonly [key: string, value: string])[]>;
  set(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
}

/** Survives no reload, but a room that is left and joined again with the same store. */
export function memoryStore(): OutboxStore {
  const values = new Map<string, string>();
  return {
    entries: async (prefix) => inOrder([...values], prefix),
    set: async (key, value) => void values.set(key, value),
    delete: async (key) => void values.delete(key),
  };
}

/** Survives reloads and restarts of the browser; shared by the tabs of an origin. */
export function indexedDbStore(): OutboxStore {
  const store = createStore('text-event', 'outbox');
  return {
    entries: async (prefix) => inOrder(await entries<string, string>(store), prefix),
    // Asynchronous, so that what a browser that blocks the data of sites throws is a rejection.
    set: async (key, value) => set(key, value, store),
    delete: async (key) => del(key, store),
  };
}

/** What the platform has. */
export function platformStore(): OutboxStore {
  return 'indexedDB' in globalThis ? indexedDbStore() : memoryStore();
}

function inOrder(all: [key: string, value: string][], prefix: string): [key: string, value: string][] {
  return all.filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1));
}
