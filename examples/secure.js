// wss:// without a proxy in front: KEY and CERT are the paths of a private key and its certificate, as PEM.
import { readFileSync } from 'node:fs';
import { createServer } from 'text-event-server';

const options = {
  secure: true,
  key: readFileSync(process.env.KEY),
  cert: readFileSync(process.env.CERT),
};

const server = createServer(options, (connection) => {
  connection.on('text', (text) => connection.sendText(`in secret: ${text}`));
});

server.listen(Number(process.env.PORT ?? 8443), () => console.log('port', server.port));
