// A server of rooms for tests that kill or stop a process: `room-child.ts <port> <folder of the log>`. Prints its port when it listens.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, room } from '../../src/index.ts';
import { openLmdbLog } from '../../src/rooms/lmdb/log.ts';
import { MemoryPresence } from '../../src/rooms/memory/presence.ts';
import { Rooms } from '../../src/rooms/rooms.ts';

const [port, folder = ''] = process.argv.slice(2);
const rooms = new Rooms(await openLmdbLog(folder), new MemoryPresence());
const server = createServer({
  routes: { '/rooms/:room': room({ rooms }) },
  messagesPerSecond: Number.POSITIVE_INFINITY,
}).listen(Number(port), '127.0.0.1');
await once(server, 'listening');
process.stdout.write(`${(server.socket.address() as AddressInfo).port}\n`);
// Nothing is to be left when the test process has gone.
process.on('disconnect', () => process.exit());
