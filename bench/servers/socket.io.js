import http from 'node:http';
import { Server } from 'socket.io';

const listener = http.createServer();
const server = new Server(listener, { transports: ['websocket'], maxHttpBufferSize: 1024 * 1024 });
server.on('connection', (socket) => {
  socket.on('echo', (text) => socket.emit('m', text));
  socket.on('broadcast', (text) => server.emit('m', text));
});
listener.listen(0, '127.0.0.1', () => console.log(listener.address().port));
