import test from 'ava';
import { broadcast, echo } from '../../src/index.ts';
import { bin, runCommand, startCommand } from '../helpers/command.ts';
import { startServer, until } from '../helpers/server.ts';
import { openTerminal } from '../helpers/terminal.ts';

const SHORT = ['--connections', '4', '--rate', '25', '--seconds', '1'];

test('counts what was sent and received, and says how long answers took', async (t) => {
  const sizes = new Set<number>();
  const { url } = await startServer(t, {}, (connection, request) => {
    connection.on('text', (text) => sizes.add(text.length));
    echo()(connection, request);
  });
  const { code, stdout, stderr } = await runCommand(t, ['bench', ...SHORT, '--size', '100', url]);
  t.deepEqual([code, stderr], [0, '']);
  t.regex(stdout, /^connections {2}4, each 25 messages\/s of 100 bytes, for \d/m);
  t.regex(stdout, /^sent {9}100, [\d.]+ messages\/s$/m);
  t.regex(stdout, /^received {5}100$/m);
  t.regex(stdout, /^lost {9}0$/m);
  t.regex(stdout, /^latency {6}p50 [\d.]+ ms, p90 [\d.]+ ms, p99 [\d.]+ ms, max [\d.]+ ms$/m);
  t.deepEqual([...sizes], [100]);
});

test('counts every copy where a path sends to all, as JSON too', async (t) => {
  const { url } = await startServer(t, {}, broadcast());
  const { code, stdout } = await runCommand(t, ['bench', '--json', ...SHORT, url]);
  t.is(code, 0);
  const { latency, ...report } = JSON.parse(stdout);
  t.like(report, { url: `${url}/`, connections: 4, rate: 25, size: 64, sent: 100, received: 400, lost: 0, dropped: 0 });
  t.true(latency.p50 > 0 && latency.p50 <= latency.p90 && latency.p90 <= latency.p99 && latency.p99 <= latency.max);
});

test('counts a message as answered whatever is put around it, and as lost where nothing comes: exit code 4', async (t) => {
  let count = 0;
  const { url } = await startServer(t, {}, (connection) => {
    connection.on('text', (text) => ++count % 10 !== 0 && connection.sendText(`我:${text}!`));
  });
  const { code, stdout, stderr } = await runCommand(t, ['bench', '--json', ...SHORT, url]);
  t.is(code, 4);
  t.like(JSON.parse(stdout), { sent: 100, received: 90, lost: 10 });
  t.regex(
    stderr,
    /^bench: .*: 90 of 100 messages came back to who sent them, expected all; does this path answer\?\n$/,
  );
});

test('connections that end early are exit code 3', async (t) => {
  let count = 0;
  const { url } = await startServer(t, {}, (connection, request) => {
    echo()(connection, request);
    if (++count === 2) connection.on('text', () => connection.close(1013));
  });
  const { code, stdout, stderr } = await runCommand(t, ['bench', '--json', ...SHORT, url]);
  t.is(code, 3);
  t.is(JSON.parse(stdout).dropped, 1);
  t.regex(stderr, /1 of 4 connections ended early, the first: 1013 \(try again later\)\n$/);
});

test('a server that takes no more connections is exit code 2, with how many it took', async (t) => {
  const { url } = await startServer(t, { maxConnectionsPerIp: 3 }, echo());
  const { code, stderr } = await runCommand(t, ['bench', ...SHORT, url]);
  t.is(code, 2);
  t.regex(
    stderr,
    /^bench: connection 4 of 4: ws:.*: the server answered "HTTP\/1\.1 429 Too Many Requests", expected /,
  );
});

test('Ctrl-C ends it with what there is, and exit code 130', async (t) => {
  const { url, server } = await startServer(t, {}, echo());
  const { child, exited, stdout } = startCommand(t, 'bench', '--json', '--seconds', '600', url);
  let heard = 0;
  await until(() => server.connections.length === 10);
  for (const connection of server.connections) connection.on('text', () => heard++);
  await until(() => heard > 10);
  child.kill('SIGINT');
  t.is((await exited).code, 130);
  const { sent, seconds } = JSON.parse(stdout());
  t.true(sent >= heard && seconds < 600);
});

test('in a terminal, a bar shows how far it is', async (t) => {
  const { url } = await startServer(t, {}, echo());
  const terminal = openTerminal(t, [process.execPath, bin, 'bench', '--seconds', '4', url]);
  if (!terminal) return;
  await terminal.shows(/[█░]{20,} \d+% \| [123] of 4 s \| sent [1-9]\d*, received [1-9]\d*/);
  await terminal.shows(/exit code 0/);
  t.notRegex(terminal.screen(), /[█░]/, 'the bar has gone');
  t.regex(terminal.screen(), /^received {5}400$/m);
});
