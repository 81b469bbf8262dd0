import http from 'node:http';
import websocket from 'websocket';

const listener = http.createServer();
const server = new websocket.server({ httpServer: listener, autoAcceptConnections: false });
server.on('request', (request) => {
  const connection = request.accept(null, request.origin);
  if (request.resource === '/echo') connection.on('message', ({ utf8Data }) => connection.sendUTF(utf8Data));
  else connection.on('message', ({ utf8Data }) => server.broadcastUTF(utf8Data));
});
listener.listen(0, '127.0.0.1', () => console.log(listener.address().port));
