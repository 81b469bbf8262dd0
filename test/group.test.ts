import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test, { type ExecutionContext } from 'ava';
import { type Connection, Group, type Server } from '../src/index.ts';
import { connect } from './helpers/client.ts';
import { RawClient, startServer, until } from './helpers/server.ts';

/** A client and the server's end of its connection. */
async function join(t: ExecutionContext, server: Server, url: string) {
  const opened = once(server, 'connection');
  const client = await connect(t, url);
  const [connection] = (await opened) as [Connection];
  return { client, connection };
}

test('the server sends a text to everybody and counts them', async (t) => {
  const { server, url } = await startServer(t);
  t.is(server.broadcast('to nobody'), 0);
  const [a, b] = await Promise.all([connect(t, url), connect(t, url)]);
  t.is(server.broadcast('to all 李旺'), 2);
  t.is(await a.next(), 'to all 李旺');
  t.is(await b.next(), 'to all 李旺');
});

test('the server sends a text to those whom a filter lets through', async (t) => {
  const { server, url } = await startServer(t);
  const a = await join(t, server, `${url}/a`);
  const b = await join(t, server, `${url}/b`);
  t.is(
    server.broadcast('not to a', (connection) => connection !== a.connection),
    1,
  );
  t.is(
    server.broadcast('to a', ({ path }) => path === '/a'),
    1,
  );
  t.is(await b.client.next(), 'not to a');
  t.is(await a.client.next(), 'to a');
  t.deepEqual([a.client.pending, b.client.pending], [[], []]);
});

test('a group is what its name says: the same one each time, another for another name', async (t) => {
  const { server } = await startServer(t);
  t.true(server.group('red') instanceof Group);
  t.is(server.group('red'), server.group('red'));
  t.not(server.group('red'), server.group('blue'));
});

/** Collects garbage until a condition holds; what was collected is told later, in a turn of the event loop of its own. */
async function collectUntil(condition: () => boolean): Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  while (!condition()) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test.serial('a name is forgotten when its group is empty and nobody holds it', async (t) => {
  const { server } = await startServer(t);
  const nameOf = (i: number) => `${i}`.padEnd(100_000, '.');
  await collectUntil(() => true);
  const before = process.memoryUsage().heapUsed;
  const names = 1_000;
  for (let i = 0; i < names; i++) server.group(nameOf(i));
  // The names alone are 100 MB; what remembers them holds nearly all of that.
  await collectUntil(() => process.memoryUsage().heapUsed - before < 20e6);
  t.pass();
});

test.serial('a group is the same for as long as it is held or has members', async (t) => {
  const { server, url } = await startServer(t);
  const { client, connection } = await join(t, server, url);
  const held = server.group('held');
  server.group('joined').add(connection);
  let collected = false;
  const registry = new FinalizationRegistry(() => {
    collected = true;
  });
  // Neither held nor with members: when it has been collected the others would have been, too.
  registry.register(server.group('neither'), undefined);
  await collectUntil(() => collected);
  t.is(server.group('held'), held);
  held.add(connection);
  t.is(server.group('held').broadcast('to held'), 1);
  t.is(server.group('joined').broadcast('to joined'), 1);
  t.is(server.group('neither').broadcast('to nobody'), 0);
  t.deepEqual([await client.next(), await client.next()], ['to held', 'to joined']);
});

test('a group sends to its members and to nobody else', async (t) => {
  const { server, url } = await startServer(t);
  const inside = await join(t, server, url);
  const outside = await join(t, server, url);
  const group = server.group('red');
  t.is(group.broadcast('to nobody'), 0);
  group.add(inside.connection);
  group.add(inside.connection);
  t.is(group.size, 1);
  t.deepEqual([...group], [inside.connection]);
  t.is(group.broadcast('to red'), 1);
  t.is(
    group.broadcast('to none of red', () => false),
    0,
  );
  t.is(server.broadcast('to all'), 2);
  t.is(await inside.client.next(), 'to red');
  t.is(await inside.client.next(), 'to all');
  t.is(await outside.client.next(), 'to all');
});

test('a member that is taken out gets nothing more, and stays connected', async (t) => {
  const { server, url } = await startServer(t);
  const { client, connection } = await join(t, server, url);
  const group = server.group('red');
  group.delete(connection);
  group.add(connection);
  group.delete(connection);
  t.is(group.size, 0);
  t.is(group.broadcast('to red'), 0);
  connection.sendText('to you');
  t.is(await client.next(), 'to you');
});

for (const [how, end] of [
  ['closes', (client: Awaited<ReturnType<typeof connect>>) => client.socket.close()],
  ['is lost', (client: Awaited<ReturnType<typeof connect>>) => client.socket.terminate()],
] as const) {
  test(`a member that ${how} leaves all its groups by itself, before its close is told`, async (t) => {
    const { server, url } = await startServer(t);
    const { client, connection } = await join(t, server, url);
    const groups = ['red', 'blue', 'green'].map((name) => server.group(name));
    for (const group of groups) group.add(connection);
    const sizes = new Promise((resolve) => {
      connection.once('close', () => resolve(groups.map(({ size }) => size)));
    });
    end(client);
    t.deepEqual(await sizes, [0, 0, 0]);
  });
}

test('a connection that is over cannot join', async (t) => {
  const { server, url } = await startServer(t);
  const { client, connection } = await join(t, server, url);
  client.socket.terminate();
  await until(() => connection.readyState === connection.CLOSED);
  const group = server.group('red');
  group.add(connection);
  t.is(group.size, 0);
});

test('a member that is closing is neither sent to nor counted', async (t) => {
  const { server, url } = await startServer(t);
  const { connection } = await join(t, server, url);
  server.group('red').add(connection);
  connection.close();
  t.is(server.group('red').broadcast('too late'), 0);
  t.is(server.broadcast('too late'), 0);
});

for (const [what, all] of [
  ['the server', (server: Server) => server],
  ['a group', (server: Server) => server.group('red')],
] as const) {
  test(`${what} closes a reader that is too slow, and everybody else gets everything`, async (t) => {
    const { server, port, url } = await startServer(t, { maxBufferedBytes: 100_000 });
    const before = await join(t, server, url);
    const opened = once(server, 'connection');
    const slow = await new RawClient(t, port).open();
    slow.socket.pause();
    const [stuck] = (await opened) as [Connection];
    const after = [await join(t, server, url), await join(t, server, url)];
    for (const connection of server.connections) server.group('red').add(connection);

    const sent: number[] = [];
    const clients = [before.client, ...after.map(({ client }) => client)];
    while (stuck.readyState === stuck.OPEN) {
      const text = `${sent.length} `.padEnd(60_000, 'x');
      sent.push(all(server).broadcast(text));
      for (const client of clients) t.is(await client.next(), text);
    }
    t.is(sent.at(-2), 4);
    t.is(sent.at(-1), 3);
    t.is(server.group('red').size, 3);
  });
}

test('a loop over connections reaches everybody, though one is closed on the way', async (t) => {
  const { server, port, url } = await startServer(t, { maxBufferedBytes: 100_000 });
  const opened = once(server, 'connection');
  const slow = await new RawClient(t, port).open();
  slow.socket.pause();
  const [stuck] = (await opened) as [Connection];
  const clients = [await connect(t, url), await connect(t, url)];
  while (stuck.readyState === stuck.OPEN) {
    const reached = new Set<Connection>();
    for (const connection of server.connections) {
      connection.sendText('x'.repeat(60_000));
      reached.add(connection);
    }
    t.is(reached.size, 3);
    for (const client of clients) await client.next();
  }
});

test('1,000 members get each text once, and the group is empty when they have left', async (t) => {
  const { server, url } = await startServer(t, { maxConnectionsPerIp: 1000 });
  const group = server.group('red');
  server.on('connection', (connection) => group.add(connection));
  const clients = await Promise.all(Array.from({ length: 1000 }, () => connect(t, url)));
  t.is(group.size, 1000);
  t.is(group.broadcast('one'), 1000);
  t.is(group.broadcast('two'), 1000);
  for (const client of clients) t.deepEqual([await client.next(), await client.next()], ['one', 'two']);
  t.true(clients.every(({ pending }) => pending.length === 0));
  for (const { socket } of clients) socket.close();
  await until(() => group.size === 0);
  t.is(server.connections.length, 0);
});
