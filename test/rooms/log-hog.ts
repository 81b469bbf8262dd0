/** A process that takes a log's write transaction and does not give it back. */
import { openStore } from '../../src/rooms/lmdb/store.ts';

const store = openStore(process.argv[2] ?? '');
await store.write(() => {
  process.send?.({ ready: true });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
