import test from 'ava';
import { WebSocket } from 'ws';
import { join, memoryStore, type Room, type RoomOptions } from '../../client/src/index.ts';
import { startRoomProcess } from '../helpers/room-process.ts';
import { until } from '../helpers/server.ts';

const soon: RoomOptions = { WebSocket, backoff: { shortest: 5, longest: 50 } };

function listen(room: Room): string[] {
  const seen: string[] = [];
  room.on('event', ({ text }) => seen.push(text));
  return seen;
}

const positions = (room: Room) => {
  const seen: string[] = [];
  room.on('event', ({ position }) => seen.push(position));
  return seen;
};

test('a server process that is killed while three publish: each acknowledged line once, the same order for all', async (t) => {
  const server = await startRoomProcess(t);
  const rooms = ['a', 'b', 'c'].map((name) => join(server.url, 'lobby', { ...soon, name }));
  t.teardown(() => rooms.map((room) => room.close()));
  const seen = rooms.map(listen);
  const places = rooms.map(positions);
  await until(() => rooms.every(({ state }) => state.name === 'open'));
  t.deepEqual(
    rooms.map(({ name }) => name),
    ['a', 'b', 'c'],
  );
  const LINES = 300;
  const publishing: Promise<string>[] = [];
  let acknowledged = 0;
  for (let line = 0; line < LINES; line++) {
    for (const [index, room] of rooms.entries()) {
      const position = room.publish(`${index} ${line}`);
      void position.then(() => acknowledged++);
      publishing.push(position);
    }
    await new Promise(setImmediate);
    if (line % 100 !== 50) continue;
    // In the midst of it: some lines are acknowledged, some on their way, some wait.
    await until(() => acknowledged > line);
    await server.kill();
    await server.start();
  }
  const all = await Promise.all(publishing);
  t.is(new Set(all).size, 3 * LINES);
  await until(() => seen.every((texts) => texts.length >= 3 * LINES));
  t.deepEqual(
    places[0],
    [...all].sort((x, y) => Number(x.split(':')[1]) - Number(y.split(':')[1])),
  );
  for (const texts of seen) t.deepEqual(texts, seen[0]);
  for (const index of rooms.keys()) {
    const own = seen[0]?.filter((text) => text.startsWith(`${index} `));
    t.deepEqual(
      own,
      Array.from({ length: LINES }, (_, line) => `${index} ${line}`),
    );
  }
});

test('a server process that hangs is noticed, and nothing is lost or doubled when it goes on', async (t) => {
  const server = await startRoomProcess(t);
  const options = { ...soon, heartbeatInterval: 50, heartbeatTimeout: 1_000, connectTimeout: 1_000 };
  const room = join(server.url, 'lobby', options);
  t.teardown(() => room.close());
  const seen = listen(room);
  await room.publish('1');
  server.signal('SIGSTOP');
  const second = room.publish('2');
  await until(() => room.state.name === 'waiting');
  t.like(room.state, { code: 1006, reason: 'the server does not answer' });
  const third = room.publish('3');
  server.signal('SIGCONT');
  await Promise.all([second, third]);
  await until(() => seen.length === 3);
  t.deepEqual(seen, ['1', '2', '3']);
});

test('a reload while the server is away: the outbox goes out, and the room goes on where it was', async (t) => {
  const server = await startRoomProcess(t);
  const options = { ...soon, store: memoryStore(), resume: true, client: 'secret-of-this-client' };
  const before = join(server.url, '大厅', options);
  const other = join(server.url, '大厅', soon);
  t.teardown(() => other.close());
  await before.publish('1');
  await server.kill();
  const lost = before.publish('2');
  before.close();
  await t.throwsAsync(lost, { message: /the room was closed/ });
  await server.start();
  await other.publish('while away');
  const after = join(server.url, '大厅', options);
  t.teardown(() => after.close());
  const seen = listen(after);
  await until(() => seen.length === 2);
  t.deepEqual(seen, ['while away', '2']);
  await until(() => after.unacknowledged.length === 0);
});

test('a loop that falls behind real rooms reads every line once', async (t) => {
  const server = await startRoomProcess(t);
  const room = join(server.url, 'lobby', { ...soon, maxBehind: 20 });
  const writer = join(server.url, 'lobby', soon);
  t.teardown(() => [room.close(), writer.close()]);
  const texts = Array.from({ length: 500 }, (_, index) => String(index));
  const read: string[] = [];
  const reading = (async () => {
    for await (const { text } of room) {
      if (read.push(text) === texts.length) break;
      if (read.length % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  await until(() => room.state.name === 'open');
  await Promise.all(texts.map((text) => writer.publish(text)));
  await reading;
  t.deepEqual(read, texts);
});

test('a name that is not allowed is refused at each attempt, and the room says that it does not get in', async (t) => {
  const server = await startRoomProcess(t);
  const room = join(server.url, 'lobby', { ...soon, name: 'x'.repeat(33) });
  t.teardown(() => room.close());
  await until(() => room.state.name === 'waiting' && room.state.failures > 2);
  t.like(room.state, { code: 1006, reason: 'Unexpected server response: 400' });
});
