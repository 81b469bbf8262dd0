import type { Contender } from '../contenders.ts';
import { type RoomResult, roomsTable } from './table.ts';

/** The part of docs/bench.md about rooms. */
export function roomsSection(rooms: readonly RoomResult[], contenders: readonly Contender[]): string {
  return `
## Rooms

The program itself, on its store below a fresh \`DATA_DIR\` with the default \`DURABILITY\`, with JSON clients in rooms as [protocol.md](protocol.md) describes them. Beside it Socket.IO with
its connection state recovery, which keeps packets in the memory of one process: what it acknowledges is gone when that ends. The targets are the project's own.

${roomsTable(rooms, contenders)}

\\* The server's core was less than 90 % busy, as above. \`–\`: no target, or nothing to compare.

- **Durable events to 1,000 subscribers**: one publishes 64 B, and an event that all have is followed by the next. CPU time of the server for each event that a
  subscriber got, storing it included. The same load on the program's \`/broadcast\`, whose lines are shorter and do not wait for the store, is measured
  right after it; the ratio is of these two, and its median is shown.
- **50 publishers**: each publishes 64 B, with a key as a client of ours does, waits for the acknowledgement, and publishes the next. A publisher reads its room
  too. In rooms of their own each publication is delivered once, in one room 50 times.
- **Rejoin that missed 1,000 events**: somebody leaves, 1,000 events of 64 B are published, everybody leaves, and the first comes back after its position:
  the time from the connect to the last of the events. Each time it is another room, which the process has let go of, so that the events come from the store;
  Socket.IO's come from memory. The pieces are the reads that bring them to the client: few, where the server writes many events at once.
- **Clients after a reload**: all are in one room. As PM2 does it in cluster mode, a second process is started, and when it is ready the first gets SIGTERM. It tells
  each client a time of its own to come back, \`RECONNECTS_PER_SECOND\` (500) of them to a second, which is what most of the seconds are. Meanwhile 10 events are
  published. A client is caught up when it has come back after its position and has each of the ten, once and in order; anything else ends the measurement. A
  handshake that fails for whatever reason is counted as refused, and tried again after a second. Each connects from an address of its own in 127.1.0.0/16.
- **A reader stands still**: it stops reading its connection, and texts of 16 KiB are published to its room. Memory is that of the process without the pages of
  mapped files, which the kernel gives and takes, after a garbage collection, compared with that before the reader came. In the end the reader reads on,
  and must get every event or be told how many are no longer retained. Socket.IO keeps all packets for the two minutes of its recovery, besides what waits for
  the reader.
- Rejoins, reloads and readers that stand still take three rounds at most.
`;
}
