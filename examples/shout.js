// A program for nodejs-websocket, as it was but for this line.
import * as ws from 'text-event-server';

const server = ws.createServer((conn) => {
  console.log('new connection');
  conn.on('text', (str) => conn.sendText(`${str.toUpperCase()}!!!`));
  conn.on('binary', (inStream) => {
    let data = Buffer.alloc(0);
    inStream.on('readable', () => {
      const piece = inStream.read();
      if (piece) data = Buffer.concat([data, piece]);
    });
    inStream.on('end', () => conn.sendText(`got ${data.length} bytes`));
  });
  conn.on('close', (code) => {
    for (const other of server.connections) other.sendText(`somebody left with ${code}`);
  });
});

server.listen(process.env.PORT ?? 8088, () => console.log('port', server.socket.address().port));
