import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openLmdbPresence } from '../../src/rooms/lmdb-presence.ts';
import { PresenceProcess } from '../helpers/presence-process.ts';
import { presencePeersSuite, presenceSuite } from '../suites/presence.ts';

/** A folder that goes when the test is over, after what was registered later. */
function tempFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'text-event-server-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

presenceSuite(test, 'LMDB', (t, grace) => {
  const presence = openLmdbPresence(join(tempFolder(t), 'presence'), grace === undefined ? {} : { grace });
  t.teardown(() => presence.close());
  return presence;
});

presencePeersSuite(test, 'LMDB', async (t, grace) => {
  const folder = join(tempFolder(t), 'presence');
  const options = { grace, beatInterval: 50 };
  const peers: [PresenceProcess, PresenceProcess] = [
    new PresenceProcess(t, folder, options),
    new PresenceProcess(t, folder, options),
  ];
  await Promise.all(peers.map(({ ready }) => ready));
  return peers;
});
