import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', clientTracking: true });
server.on('connection', (socket, request) => {
  if (request.url === '/echo') socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  else {
    socket.on('message', (data, isBinary) => {
      for (const client of server.clients) client.send(data, { binary: isBinary });
    });
  }
});
server.on('listening', () => console.log(server.address().port));
