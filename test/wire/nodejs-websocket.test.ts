import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { root } from '../helpers/program.ts';

const run = promisify(execFile);

/** A server whose only client is reset while the server sends to it, as a script: `createServer` comes from the argument. */
const SCRIPT = `
  const net = require('node:net');
  const serve = (createServer) => {
    const server = createServer((connection) => {
      connection.on('close', () => setTimeout(() => connection.sendText('too late'), 10));
      setTimeout(() => { console.log('still serving'); process.exit(0); }, 300);
    }).listen(0, '127.0.0.1', () => {
      const client = net.connect(server.socket.address().port, '127.0.0.1');
      client.write('GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\nSec-WebSocket-Version: 13\\r\\n\\r\\n');
      client.on('data', () => client.resetAndDestroy());
    });
  };`;

test('nodejs-websocket itself: a reset client ends the process', async (t) => {
  const error = await t.throwsAsync(
    run(process.execPath, ['-e', `${SCRIPT} serve(require('nodejs-websocket').createServer);`], { cwd: root }),
  );
  t.regex(String(error), /ECONNRESET|non-open connection/);
});

test('the same program on this library goes on serving', async (t) => {
  const library = JSON.stringify(join(root, 'dist/index.js'));
  const { stdout } = await run(
    process.execPath,
    ['-e', `${SCRIPT} import(${library}).then((ours) => serve(ours.createServer));`],
    {
      cwd: root,
    },
  );
  t.is(stdout, 'still serving\n');
});
