// Ours as shipped: heartbeat and limits on, the limits above what the load needs.
import { broadcast, createServer, echo } from '../../dist/index.js';

const server = createServer({
  routes: { '/echo': echo(), '/broadcast': broadcast() },
  messagesPerSecond: 1e9,
  bytesPerSecond: 1e12,
  maxConnectionsPerIp: 50_000,
});
server.listen(0, '127.0.0.1', () => console.log(server.socket.address().port));
