import { createStore, promisifyRequest } from 'idb-keyval';

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
  const write = async (change: (records: IDBObjectStore) => void) =>
    store('readwrite', (records) => {
      change(records);
      return promisifyRequest(records.transaction);
    });
  return {
    entries: async (prefix) =>
      store('readonly', async (records) => {
        const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
        const [keys, values] = await Promise.all([
          promisifyRequest(records.getAllKeys(range)),
          promisifyRequest<string[]>(records.getAll(range)),
        ]);
        return keys.map((key, index) => [String(key), values[index] ?? ''] as const);
      }),
    set: (key, value) => write((records) => records.put(value, key)),
    delete: (key) => write((records) => records.delete(key)),
  };
}

/** What the platform has. */
export function platformStore(): OutboxStore {
  return 'indexedDB' in globalThis ? indexedDbStore() : memoryStore();
}
