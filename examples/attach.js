// WebSockets on an HTTP server that is there already: its pages stay, and it is the one that listens.
import http from 'node:http';
import { createServer } from 'text-event-server';

const web = http.createServer((_request, response) => response.end('a page of its own\n'));

const server = createServer({ server: web, path: '/live' }, (connection) => {
  connection.sendText(`one of ${server.connections.length}`);
});

web.listen(Number(process.env.PORT ?? 8088), () => console.log('port', server.port));
