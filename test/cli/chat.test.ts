import test, { type ExecutionContext } from 'ava';
import { bin, startCommand } from '../helpers/command.ts';
import { startServer, until } from '../helpers/server.ts';
import { openTerminal } from '../helpers/terminal.ts';

/** A chat in the manner of /chat. */
async function startChat(t: ExecutionContext) {
  const heard: string[] = [];
  const { url, server } = await startServer(t, { routes: { '/chat': join, '/rooms/a': join } });
  function join(connection: (typeof server.connections)[number]): void {
    const name = new URL(connection.path, url).searchParams.get('name') ?? '小王';
    connection.on('text', (text) => {
      heard.push(text);
      if (text === 'hello') connection.sendText('收到,hello');
      else {
        connection.sendText(`我:${text}`);
        server.broadcast(`${name}:${text}`, (other) => other !== connection);
      }
    });
  }
  return { url: `${url}/chat`, room: `${url}/rooms/a`, server, heard };
}

test('two chat by pipes: one hears the other under the name that it asked for', async (t) => {
  const { url, server } = await startChat(t);
  const other = startCommand(t, 'chat', url);
  await other.printed(/connected to/);
  await until(() => server.connections.length === 1);
  const one = startCommand(t, 'chat', '--name', '小李 &', url);
  one.child.stdin?.end('大家好\n再见');
  t.deepEqual(await one.exited, { code: 0, signal: null });
  t.regex(one.stdout(), /^\(connected to .*\)\n我:大家好\n我:再见\n$/);
  await other.printed(/小李 &:大家好\n小李 &:再见\n/);
  other.child.kill('SIGINT');
  t.is((await other.exited).code, 0);
});

test('the heartbeat of /chat is never shown, but who says hello is answered', async (t) => {
  const { url, heard } = await startChat(t);
  const { child, exited, stdout, printed } = startCommand(t, 'chat', '--ping', '1s', url);
  await until(() => heard.filter((text) => text === 'hello').length >= 2);
  child.stdin?.write('a\n');
  await printed(/我:a\n/);
  t.regex(stdout(), /^\(connected to .*\)\n我:a\n$/);
  child.stdin?.end();
  t.is((await exited).code, 0);

  const calm = startCommand(t, 'chat', url);
  calm.child.stdin?.write('hello\n');
  await calm.printed(/收到,hello\n/);
  t.regex(calm.stdout(), /收到,hello\n/);
});

test('no heartbeat is said in a room', async (t) => {
  const { room, heard, server } = await startChat(t);
  const { child, exited } = startCommand(t, 'chat', '--ping', '1s', room);
  let pings = 0;
  await until(() => server.connections.length === 1);
  for (const connection of server.connections) {
    const answer = connection.onPing.bind(connection);
    connection.onPing = (payload) => {
      pings++;
      answer(payload);
    };
  }
  await until(() => pings >= 2);
  child.stdin?.end('a\n');
  t.is((await exited).code, 0);
  t.deepEqual(heard, ['a']);
});

test('keeps its name in a room by the same client secret at each return, and does not show it', async (t) => {
  const { room, server } = await startChat(t);
  const { printed, stdout } = startCommand(t, 'chat', '--name', '小李', room);
  const paths: string[] = [];
  server.on('connection', (connection) => {
    paths.push(connection.path);
    if (paths.length === 1) connection.close(1012, 'service restart; retry after 1 ms');
  });
  await printed(/connected again/);
  t.regex(paths[0] ?? '', /^\/rooms\/a\?name=%E5%B0%8F%E6%9D%8E&client=[0-9a-f]{32}$/);
  t.is(paths[1], paths[0]);
  t.false(stdout().includes('client='));
});

test('comes back when the connection ends, and not with --no-reconnect', async (t) => {
  const { url, server } = await startChat(t);
  const staying = startCommand(t, 'chat', url);
  await staying.printed(/connected to/);
  await until(() => server.connections.length === 1);
  for (const connection of server.connections) connection.close(1012, 'service restart; retry after 1 ms');
  await staying.printed(/\(the connection ended: 1012 \(service restart\): .*\)\n\(connected again\)\n/);
  staying.child.stdin?.write('a\n');
  await staying.printed(/我:a\n/);
  staying.child.kill('SIGINT');
  t.is((await staying.exited).code, 0);

  const leaving = startCommand(t, 'chat', '--no-reconnect', url);
  await leaving.printed(/connected to/);
  await until(() => server.connections.length === 1);
  for (const connection of server.connections) connection.close(1012);
  t.is((await leaving.exited).code, 3);
  t.regex(leaving.stderr(), /^chat: .*: 1012 \(service restart\)\n$/);
});

test('in a terminal, what others say stands above the line that is being typed', async (t) => {
  const { url, server } = await startChat(t);
  const terminal = openTerminal(t, [process.execPath, bin, 'chat', '--name', '小李', url]);
  if (!terminal) return;
  await terminal.shows(/^> ?$/m);
  terminal.type('大家好');
  await terminal.shows(/我:大家好\n>/);
  terminal.press('h');
  terminal.press('i');
  await terminal.shows(/^> hi$/m);
  server.broadcast('小王:\x1b[2J你好');
  await terminal.shows(/> 大家好\n我:大家好\n小王:\\x1b\[2J你好\n> hi$/);
  terminal.press('Enter');
  await terminal.shows(/我:hi\n>$/);
  terminal.press('C-d');
  await terminal.shows(/exit code 0/);
  t.pass();
});

test('in a terminal, Ctrl-C leaves with a closing handshake', async (t) => {
  const ended: number[] = [];
  const { url } = await startServer(t, {}, (connection) => {
    connection.on('close', (code) => ended.push(code));
  });
  const terminal = openTerminal(t, [process.execPath, bin, 'chat', url]);
  if (!terminal) return;
  await terminal.shows(/^>/m);
  terminal.press('C-c');
  await terminal.shows(/exit code 0/);
  t.deepEqual(ended, [1000]);
});
