/** A process of its own that has a log open; ./log-child.ts starts it and says what to do. */
import { openLmdbLog } from '../../src/rooms/lmdb/log.ts';

const [folder = '', durability = 'commit'] = process.argv.slice(2);
const log = await openLmdbLog(folder, { durability: durability === 'flush' ? 'flush' : 'commit' });

log.follow((room, head) => process.send?.({ grown: [room, head] }));

/** Appends to a room, some at a time, and tells of each that is acknowledged. */
async function append(room: string, name: string, count: number): Promise<void> {
  let next = 0;
  const publish = async () => {
    while (next < count) {
      const text = `${name} ${next++}`;
      const { position } = await log.append(room, { from: name, text, key: text });
      process.send?.({ acknowledged: [position.offset, text] });
    }
  };
  await Promise.all(Array.from({ length: 10 }, publish));
}

process.on('message', (message: { append?: [string, string, number]; close?: true }) => {
  if (message.append) void append(...message.append);
  if (message.close) void log.close().then(() => process.disconnect());
});
// Nothing is to be left when the test process has gone.
process.on('disconnect', () => process.exit());
process.send?.({ ready: true });
