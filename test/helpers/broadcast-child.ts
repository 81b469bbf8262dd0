// A server whose broadcasts go through rooms, for tests of several processes: `broadcast-child.ts <folder or address of Redis>`.
import { once } from 'node:events';
import { createServer, openRooms } from '../../src/index.ts';

interface Order {
  text: string;
  group?: string;
  path?: string;
}

const { live } = await openRooms(process.argv[2] ?? '');
const server = createServer({ rooms: live }, (connection) => {
  const group = connection.path?.slice(1);
  if (group) server.group(group).add(connection);
  connection.sendText('here');
}).listen(0, '127.0.0.1');
await once(server, 'listening');

process.on('message', ({ text, group, path }: Order) => {
  const filter =
    path === undefined ? undefined : (connection: { path?: string | undefined }) => connection.path === path;
  process.send?.(group === undefined ? server.broadcast(text, filter) : server.group(group).broadcast(text, filter));
});
process.send?.(server.port);
// Nothing is to be left when the test process has gone.
process.on('disconnect', () => process.exit());
