import http from 'node:http';
import { createAdapter } from '@socket.io/redis-streams-adapter';
import { createClient } from 'redis';
import { Server } from 'socket.io';

const redis = createClient({ url: process.env.REDIS_URL });
await redis.connect();
const listener = http.createServer();
const server = new Server(listener, {
  transports: ['websocket'],
  maxHttpBufferSize: 1024 * 1024,
  connectionStateRecovery: { maxDisconnectionDuration: 120_000 },
  adapter: createAdapter(redis),
});
server.on('connection', (socket) => {
  socket.on('publish', (room, text, acknowledge) => {
    server.to(room).emit('m', text);
    acknowledge?.();
  });
  socket.join(socket.handshake.auth.room);
  socket.emit('begin');
});
listener.listen(0, '127.0.0.1', () => console.log(listener.address().port));
