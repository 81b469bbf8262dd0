import test from 'ava';
import { ProcessRegistry } from '../src/process-registry.ts';
import { MemoryPresence } from '../src/rooms/memory/presence.ts';

interface Told {
  ready: boolean;
  messagesInPerSecond: number;
}

test('a stop in the middle of a look is told with it, and no message is counted twice or taken back', async (t) => {
  const presence = new MemoryPresence();
  const told: Told[] = [];
  presence.describe = (text) => void told.push(JSON.parse(text));
  let total = 0;
  let isReady = true;
  let finish = () => {};
  // Adding up takes many turns where there are many connections; the later of two looks may be done first.
  const messages = () => {
    const counted = { messagesIn: ++total * 1000, messagesOut: 0 };
    return total === 2 ? new Promise<typeof counted>((resolve) => (finish = () => resolve(counted))) : counted;
  };
  const registry = new ProcessRegistry({
    presence,
    version: '1.0.0',
    problem: () => undefined,
    isReady: () => isReady,
    connections: () => 0,
    messages: async () => messages(),
  });
  await registry.begin();
  const looks = [registry.tell()];
  isReady = false;
  looks.push(registry.tell());
  await new Promise(setImmediate);
  finish();
  await Promise.all(looks);
  t.is(told.at(-1)?.ready, false);
  for (const { messagesInPerSecond } of told) t.true(messagesInPerSecond >= 0, `${messagesInPerSecond}`);
});
