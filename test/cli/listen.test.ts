import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { closeWords, mayComeBack, visible } from '../../src/cli/words.ts';
import { runCommand, startCommand } from '../helpers/command.ts';
import { startServer, until } from '../helpers/server.ts';

test('prints each text as a line, the first ones too, and Ctrl-C ends it with a closing handshake and exit code 0', async (t) => {
  const ended: number[] = [];
  const { url, server } = await startServer(t, {}, (connection) => {
    connection.sendText('Welcome');
    connection.on('close', (code) => ended.push(code));
  });
  const { child, printed, stdout, stderr, exited } = startCommand(t, 'listen', url);
  await printed(/Welcome\n/);
  server.broadcast('李旺');
  await printed(/李旺\n/);
  child.kill('SIGINT');
  t.deepEqual(await exited, { code: 0, signal: null });
  t.deepEqual([stdout(), stderr(), ended], ['Welcome\n李旺\n', '', [1000]]);
});

test('prints an object per line with --json, and ends after --count messages', async (t) => {
  const { url } = await startServer(t, {}, (connection) => {
    connection.sendText('two\nlines \x9b');
    connection.sendBinary(Buffer.from([0, 255]));
    connection.sendText('too many');
  });
  const { code, stdout } = await runCommand(t, ['listen', '--json', '--count', '2', url]);
  t.is(code, 0);
  const lines = stdout.trim().split('\n');
  t.is(lines.length, 2);
  const [text, binary] = lines.map((line) => JSON.parse(line));
  t.like(text, { text: 'two\nlines \x9b', size: 12 });
  t.false(stdout.includes('\x9b'), 'a terminal would obey it');
  t.like(binary, { base64: 'AP8=', size: 2 });
  t.true(Math.abs(Date.parse(text.time) - Date.now()) < 60_000);
});

const endings: {
  name: string;
  close: [code?: number, reason?: string];
  args?: string[];
  code: number;
  says: RegExp;
}[] = [
  { name: 'a normal end', close: [1000], code: 0, says: /^$/ },
  {
    name: 'a normal end before --count',
    close: [1000],
    args: ['--count', '2'],
    code: 4,
    says: /^listen: ws:.*: got 1 messages, expected 2; the server ended the connection: 1000 \(normal closure\)\n$/,
  },
  {
    name: 'a restart',
    close: [1012, 'service restart; retry after 5 ms'],
    code: 3,
    says: /^listen: .*: 1012 \(service restart\): service restart; retry after 5 ms\n$/,
  },
  { name: 'no code', close: [], code: 3, says: /: 1005 \(no code given\)\n$/ },
  { name: "an application's code", close: [4999, 'bye\x1b[2J'], code: 3, says: /: 4999: bye\\x1b\[2J\n$/ },
];

for (const { name, close, args = [], code, says } of endings) {
  test(`${name} is exit code ${code}`, async (t) => {
    const { url } = await startServer(t, {}, (connection) => {
      connection.sendText('a');
      connection.close(...close);
    });
    const ended = await runCommand(t, ['listen', ...args, url]);
    t.is(ended.code, code);
    t.is(ended.stdout, 'a\n');
    t.regex(ended.stderr, says);
  });
}

test('comes back with --reconnect as soon as the server says, and stays away after a code that says so', async (t) => {
  let visits = 0;
  const { url } = await startServer(t, {}, (connection) => {
    visits++;
    connection.sendText(`visit ${visits}`);
    if (visits < 3) connection.close(1012, 'service restart; retry after 1 ms');
    else connection.close(1008);
  });
  const { code, stdout, stderr } = await runCommand(t, ['listen', '--reconnect', url]);
  t.is(code, 3);
  t.is(stdout, 'visit 1\nvisit 2\nvisit 3\n');
  t.is(stderr.match(/the connection ended: 1012 .*; trying again in 0\.0 s\n/g)?.length, 2);
  t.regex(stderr, /1008 \(policy violation\)\n$/);
});

test('goes on trying with --reconnect while nothing listens, until Ctrl-C', async (t) => {
  const { url, server } = await startServer(t, {}, (connection) => connection.sendText('a'));
  const { child, printed, exited } = startCommand(t, 'listen', '--reconnect', url);
  await printed(/a\n/);
  server.close();
  server.terminate();
  await printed(/nothing listens there \(ECONNREFUSED\); trying again in/);
  child.kill('SIGTERM');
  t.deepEqual(await exited, { code: 0, signal: null });
});

test('a second Ctrl-C does not wait for a server that does not answer the Close: exit code 130', async (t) => {
  let closing = false;
  const { url } = await startServer(t, {}, (connection) => {
    connection.onClose = () => {
      closing = true;
    };
    connection.sendText('a');
  });
  const { child, printed, exited } = startCommand(t, 'listen', url);
  await printed(/a\n/);
  child.kill('SIGINT');
  await until(() => closing);
  child.kill('SIGINT');
  t.deepEqual(await exited, { code: 130, signal: null });
});

test('notices a server that has stopped answering', async (t) => {
  const { url, server } = await startServer(t, {}, (connection) => {
    connection.onPing = () => {};
    connection.sendText('a');
  });
  t.is(server.connections.length, 0);
  const { code, stderr } = await runCommand(t, ['listen', '--ping', '100ms', url]);
  t.is(code, 3);
  t.regex(stderr, /^listen: no answer from the server for 0\.1 s\nlisten: .*: 1006 \(broken off, .*\)\n$/);
});

test('stays with a server that answers', async (t) => {
  let pings = 0;
  const { url, server } = await startServer(t, {}, (connection) => {
    const answer = connection.onPing.bind(connection);
    connection.onPing = (payload) => {
      pings++;
      answer(payload);
    };
  });
  const { child, exited } = startCommand(t, 'listen', '--ping', '1s', url);
  await until(() => pings >= 2);
  t.is(server.connections.length, 1);
  child.kill('SIGINT');
  t.is((await exited).code, 0);
});

test('ends quietly when what reads its output has enough', async (t) => {
  const { url, server } = await startServer(t, {}, (connection) => connection.sendText('a'));
  const { child, printed, exited, stderr } = startCommand(t, 'listen', url);
  await printed(/a\n/);
  child.stdout?.destroy();
  const timer = setInterval(() => server.broadcast('more'), 10);
  t.teardown(() => clearInterval(timer));
  t.deepEqual(await exited, { code: 0, signal: null });
  t.is(stderr(), '');
});

test('leaves what is not read yet with the server', async (t) => {
  let waiting = () => 0;
  const { url } = await startServer(t, { maxBufferedBytes: 64 * 1024 * 1024 }, (connection) => {
    waiting = () => connection.bufferedAmount;
    const text = 'x'.repeat(64 * 1024);
    for (let i = 0; i < 320; i++) connection.sendText(text);
  });
  const { child, exited, stdout } = startCommand(t, 'listen', '--count', '320', url);
  child.stdout?.pause();
  // 20 MiB do not fit into the buffers of two pipes and a socket.
  let before = -1;
  await until(() => waiting() > 0);
  while (waiting() !== before) {
    before = waiting();
    await delay(200);
  }
  t.true(before > 1024 * 1024, `${before} bytes wait at the server`);
  child.stdout?.resume();
  t.is((await exited).code, 0);
  t.is(stdout().length, 320 * (64 * 1024 + 1));
});

test('close codes are said in the words of the table', (t) => {
  t.is(closeWords(1000, ''), '1000 (normal closure)');
  t.is(closeWords(1012, 'service restart'), '1012 (service restart)');
  t.is(closeWords(4000, ''), '4000');
  t.true(mayComeBack(1012));
  t.true(mayComeBack(4000));
  t.false(mayComeBack(1008));
});

test('what could steer a terminal is shown as text', (t) => {
  t.is(visible('a\x1b[2J\u202eb\x9b\n李'), 'a\\x1b[2J\\u202eb\\x9b\\x0a李');
});
