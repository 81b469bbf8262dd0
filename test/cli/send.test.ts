import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import type { ConnectionHandler, ServerOptions } from '../../src/index.ts';
import { makeCertificate } from '../helpers/certificate.ts';
import { runCommand, startCommand } from '../helpers/command.ts';
import { startServer, until } from '../helpers/server.ts';

/** A server that keeps what it reads, and answers with it in capitals. */
async function startListener(t: ExecutionContext, handler: ConnectionHandler = () => {}, options: ServerOptions = {}) {
  const heard: string[] = [];
  const ended: number[] = [];
  const { url, server, port } = await startServer(t, options, (connection, request) => {
    connection.on('text', (text) => {
      heard.push(text);
      if (text) connection.sendText(text.toUpperCase());
    });
    connection.on('close', (code) => ended.push(code));
    handler(connection, request);
  });
  return { url, heard, ended, server, port };
}

test('sends each text as a message, and closes with 1000', async (t) => {
  const { url, heard, ended } = await startListener(t);
  t.deepEqual(await runCommand(t, ['send', url, 'one text', '李旺', '--', '-5']), { code: 0, stdout: '', stderr: '' });
  t.deepEqual(heard, ['one text', '李旺', '-5']);
  t.deepEqual(ended, [1000]);
});

for (const args of [[], ['-']]) {
  test(`sends the lines of standard input with ${args.length === 0 ? 'no text' : args[0]}`, async (t) => {
    const { url, heard } = await startListener(t);
    t.is((await runCommand(t, ['send', url, ...args], 'a\r\nb\n\nc')).code, 0);
    t.deepEqual(heard, ['a', 'b', '', 'c']);
  });
}

test('hands over every line of a long input, in order', async (t) => {
  const unlimited = { messagesPerSecond: Number.POSITIVE_INFINITY, bytesPerSecond: Number.POSITIVE_INFINITY };
  const { url, heard } = await startListener(t, undefined, unlimited);
  const lines = Array.from({ length: 20_000 }, (_, i) => `${i} ${'x'.repeat(100)}`);
  t.is((await runCommand(t, ['send', url], lines.join('\n'))).code, 0);
  t.deepEqual(heard, lines);
});

test('does not close before the server has read the last text', async (t) => {
  const seen: [texts: number, closed: boolean][] = [];
  const { url, heard } = await startListener(t, (connection) => {
    const answer = connection.onPing.bind(connection);
    const note = () => seen.push([heard.length, connection.closeReceived]);
    connection.onPing = (payload) => {
      note();
      // Time enough for a Close that does not wait for the answer.
      setTimeout(() => {
        note();
        answer(payload);
      }, 200);
    };
  });
  t.is((await runCommand(t, ['send', url, 'a', 'b'])).code, 0);
  t.deepEqual(seen, [
    [2, false],
    [2, false],
  ]);
});

test('waits for answers and prints them, as JSON where asked for', async (t) => {
  const { url } = await startListener(t);
  const plain = await runCommand(t, ['send', '--wait', '1m', '--count', '2', url, 'a', 'b']);
  t.deepEqual(plain, { code: 0, stdout: 'A\nB\n', stderr: '' });
  const json = await runCommand(t, ['send', '--wait', '1m', '--count', '1', '--json', url, '李a']);
  t.like(JSON.parse(json.stdout), { size: 4, text: '李A' });
  t.regex(JSON.parse(json.stdout).time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test('fewer answers than asked for are exit code 4', async (t) => {
  const { url } = await startListener(t);
  const { code, stdout, stderr } = await runCommand(t, ['send', '--wait', '100ms', '--count', '2', url, 'a']);
  t.is(code, 4);
  t.is(stdout, 'A\n');
  t.is(stderr, `send: ${url}/: got 1 answers, expected 2\n`);
});

test('a server that ends the connection before it has read everything is exit code 3, with its code in words', async (t) => {
  const { url } = await startListener(t, (connection) => connection.close(1008, 'not you'));
  const { code, stderr } = await runCommand(t, ['send', url, 'a']);
  t.is(code, 3);
  t.regex(
    stderr,
    /^send: ws:.*: the connection ended after \d texts, not all surely read: 1008 \(policy violation\): not you\n$/,
  );
});

test('a wait for the next line ends with the connection', async (t) => {
  const { url, server, heard } = await startListener(t);
  const { child, exited, stderr } = startCommand(t, 'send', url);
  child.stdin?.write('a\n');
  await until(() => heard.length === 1);
  server.terminate();
  t.is((await exited).code, 3);
  t.regex(stderr(), /ended after 1 texts, not all surely read: 1006 \(broken off, without a closing handshake\)\n$/);
});

test('a server that does not answer the Close is exit code 3 although it read everything', async (t) => {
  const { url } = await startListener(t, (connection) => {
    connection.onClose = () => connection.socket.destroy();
  });
  const { code, stderr } = await runCommand(t, ['send', url, 'a']);
  t.is(code, 3);
  t.regex(stderr, /all 1 texts were read, but the connection did not end well: 1006 /);
});

test('a refusal is exit code 2, with what the server answered', async (t) => {
  const { url } = await startServer(t, { routes: { '/here': () => {} } });
  const { code, stderr } = await runCommand(t, ['send', `${url}/there`, 'a']);
  t.is(code, 2);
  t.is(stderr, `send: ${url}/there: the server answered "HTTP/1.1 404 Not Found", expected HTTP/1.1 101\n`);
});

test('a server that takes the connection and says nothing is exit code 2 after its time', async (t) => {
  const { url, server } = await startListener(t);
  server.socket.removeAllListeners('connection');
  const { code, stderr } = await runCommand(t, ['send', '--timeout', '200ms', url, 'a']);
  t.is(code, 2);
  t.regex(stderr, /the server did not answer the handshake within 200 ms\n$/);
});

test('Ctrl-C closes the connection in order, and is exit code 130', async (t) => {
  const { url, heard, ended } = await startListener(t);
  const { child, exited } = startCommand(t, 'send', url);
  child.stdin?.write('a\n');
  await until(() => heard.length === 1);
  child.kill('SIGINT');
  t.deepEqual(await exited, { code: 130, signal: null });
  t.deepEqual(ended, [1000]);
});

test('Ctrl-C before the connection is open is exit code 130, too', async (t) => {
  const { url, server } = await startListener(t);
  server.socket.removeAllListeners('connection');
  const connecting = once(server.socket, 'connection');
  const { child, exited, stderr } = startCommand(t, 'send', url, 'a');
  await connecting;
  child.kill('SIGINT');
  t.deepEqual(await exited, { code: 130, signal: null });
  t.is(stderr(), '');
});

test('sends header fields, a subprotocol and a query', async (t) => {
  const seen: unknown[] = [];
  const { url } = await startServer(t, { selectProtocol: (_connection, [first]) => first }, (connection) => {
    const { headers, path, protocol } = connection;
    seen.push({ origin: headers.origin, 'x-a': headers['x-a'], path, protocol });
  });
  const fields = ['--header', 'Origin: https://your.host', '--header', 'X-A: 1', '--subprotocol', 'p.v1'];
  t.is((await runCommand(t, ['send', ...fields, `${url.replace('ws:', 'http:')}/a?b=c#d`, 'a'])).code, 0);
  t.deepEqual(seen, [{ origin: 'https://your.host', 'x-a': '1', path: '/a?b=c', protocol: 'p.v1' }]);
});

test('a certificate that nobody vouches for is refused, and taken with --insecure', async (t) => {
  const certificate = makeCertificate(t);
  if (!certificate) return;
  const { key, cert } = certificate;
  const { url } = await startServer(t, { secure: true, key, cert });
  const secure = url.replace('ws:', 'wss:');
  const { code, stderr } = await runCommand(t, ['send', secure, 'a']);
  t.is(code, 2);
  t.regex(stderr, /a certificate that nobody vouches for; to take it: --insecure \(DEPTH_ZERO_SELF_SIGNED_CERT\)\n$/);
  t.is((await runCommand(t, ['send', '--insecure', secure, 'a'])).code, 0);
  const plain = await runCommand(t, ['send', '--insecure', url, 'a']);
  t.is(plain.code, 2);
});
