import test from 'ava';
import { MemoryPresence } from '../../src/rooms/memory/presence.ts';
import { presenceSuite } from '../suites/presence.ts';

presenceSuite(test, 'memory', (t, grace) => {
  const presence = new MemoryPresence(grace === undefined ? {} : { grace });
  t.teardown(() => presence.close());
  return presence;
});
