import { createStore, promisifyRequest, type UseStore } from 'idb-keyval';

/** An IDBObjectStore. Where the types of browsers are not, as in the tests, it is unknown. */
type Records = Parameters<Parameters<UseStore>[1]>[0];

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
    entries: async (prefix) => [...values].filter(([key]) => key.startsWith(prefix)).sort(),
    set: async (key, value) => void values.set(key, value),
    delete: async (key) => void values.delete(key),
  };
}

/** Survives reloads and restarts of the browser; shared by the tabs of an origin. */
export function indexedDbStore(): OutboxStore {
  const store = createStore('text-event', 'outbox');
  // Asynchronous, so that what a browser that blocks the data of sites throws is a rejection.
  const write = async (change: (records: Records) => void) =>
    store('readwrite', (records) => {
      change(records);
      return promisifyRequest(records.transaction);
    });
  const read = (records: Records) =>
    Promise.all([promisifyRequest(records.getAllKeys()), promisifyRequest(records.getAll())]);
  return {
    async entries(prefix) {
      // Nothing but texts is put there.
      const [keys, values] = (await store('readonly', read)) as unknown as [string[], string[]];
      return keys.map((key, index) => [key, values[index] ?? ''] as const).filter(([key]) => key.startsWith(prefix));
    },
    set: (key, value) => write((records) => records.put(value, key)),
    delete: (key) => write((records) => records.delete(key)),
  };
}

/** What the platform has. */
export function platformStore(): OutboxStore {
  return 'indexedDB' in globalThis ? indexedDbStore() : memoryStore();
}
