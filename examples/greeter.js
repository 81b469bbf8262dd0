import { createServer } from 'text-event-server';

const server = createServer((connection) => {
  connection.on('text', (name) => {
    if (name) connection.sendText(`Hello, ${name}`);
  });
});

server.listen(Number(process.env.PORT ?? 8088), () => console.log('port', server.port));
