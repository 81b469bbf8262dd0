import http from 'node:http';
import { Server } from 'socket.io';

const listener = http.createServer();
const server = new Server(listener, {
  transports: ['websocket'],
  maxHttpBufferSize: 1024 * 1024,
  // Its in-memory adapter keeps the packets of two minutes.
  connectionStateRecovery: { maxDisconnectionDuration: 120_000 },
  // As the program where a reader stands still: it must not be closed.
  ...(process.env.PING_INTERVAL === 'off' && { pingInterval: 3_600_000 }),
});
server.on('connection', (socket) => {
  socket.on('publish', (room, text, acknowledge) => {
    server.to(room).emit('m', text);
    acknowledge?.();
  });
  if (socket.recovered) return;
  socket.join(socket.handshake.auth.room);
  // Only who has had a packet can be recovered.
  socket.emit('begin');
});
listener.listen(0, '127.0.0.1', () => console.log(listener.address().port));
