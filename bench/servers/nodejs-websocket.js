import { createServer } from 'nodejs-websocket';

const server = createServer((connection) => {
  connection.on('error', () => {});
  if (connection.path === '/echo') connection.on('text', (text) => connection.sendText(text));
  else {
    connection.on('text', (text) => {
      for (const other of server.connections) other.sendText(text);
    });
  }
});
server.listen(0, '127.0.0.1', () => console.log(server.socket.address().port));
