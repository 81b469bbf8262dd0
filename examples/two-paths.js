// Two servers with options of their own behind one HTTP server, which says who gets a request.
import http from 'node:http';
import { createServer } from 'text-event-server';

const lines = createServer({ noServer: true, maxMessageBytes: 1000 }, (connection) => {
  connection.on('text', (line) => lines.broadcast(line));
});

const isKnown = ({ headers }) => headers.authorization === `Bearer ${process.env.TOKEN}`;
const admin = createServer({ noServer: true, authorize: isKnown }, (connection) => {
  connection.sendText(`${lines.connections.length} on /lines`);
});

const web = http.createServer((_request, response) => response.end('a page\n'));
web.on('upgrade', (request, socket, head) => {
  const server = { '/lines': lines, '/admin': admin }[request.url];
  if (server) server.handleUpgrade(request, socket, head);
  else socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
});
web.listen(Number(process.env.PORT ?? 8088), () => console.log('port', web.address().port));
