import type { OutboxStore } from './outbox-store.ts';
import { recall, remember } from './stored.ts';

const NAME = 'outbox';

/** Keeps what is not acknowledged over reloads of this tab. Another tab may be somebody else, who must not send it as their own. */
export function tabStore(): OutboxStore {
  const values = new Map<string, string>(JSON.parse(recall(NAME, true) ?? '[]'));
  const save = () => remember(NAME, JSON.stringify([...values]), true);
  return {
    entries: async (prefix) =>
      [...values].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1)),
    set: async (key, value) => {
      values.set(key, value);
      save();
    },
    delete: async (key) => {
      values.delete(key);
      save();
    },
  };
}
