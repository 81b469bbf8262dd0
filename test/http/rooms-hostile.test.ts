import { once } from 'node:events';
import http, { type ServerResponse } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { EventStream } from '../../src/http/rooms/event-stream.ts';
import { startStream } from '../helpers/event-stream.ts';
import { until } from '../helpers/server.ts';
import { startSite } from './site.ts';

const STREAM = 'GET /rooms/lobby/events HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n';

test('requests for streams, one behind the other, leave nothing behind when their connection breaks', async (t) => {
  const { port, streams, rooms } = await startSite(t, { maxConnectionsPerIp: 5 });
  const socket = net.connect(port, '127.0.0.1');
  socket.write(STREAM.repeat(5));
  await once(socket, 'data');
  socket.destroy();
  await until(() => streams.size === 0 && rooms.size === 0);
  const again = await startStream(t, `http://127.0.0.1:${port}/rooms/lobby/events`);
  t.truthy((await again.next()).id);
});

test('a page ends at its bytes, and the next one begins there', async (t) => {
  const { url, post } = await startSite(t, { maxMessageBytes: 200_000 });
  for (const letter of 'abcde') await post('lobby', letter.repeat(200_000));
  const letters: string[] = [];
  const sizes: number[] = [];
  for (let after = ''; letters.length < 5; ) {
    const response = await fetch(`${url}/rooms/lobby/events?limit=1000&after=${after}`);
    const page = (await response.json()) as { events: { text: string }[]; position: string };
    letters.push(...page.events.map(({ text }) => text.charAt(0)));
    sizes.push(page.events.length);
    after = page.position;
  }
  t.is(letters.join(''), 'abcde');
  t.deepEqual(sizes, [2, 2, 1]);
});

test('a long poll is told of what is no longer retained', async (t) => {
  const { url, rooms } = await startSite(t, { historyAge: 1 });
  const { position } = await rooms.publish('lobby', { from: 'a', text: 'one' });
  await rooms.publish('lobby', { from: 'a', text: 'two' });
  await until(async () => (await rooms.read('lobby', undefined, 10)).events.length === 0);
  const response = await fetch(`${url}/rooms/lobby/events?wait=60&after=${position.epoch}:1`);
  const { gap } = (await response.json()) as { gap?: { lost: number } };
  t.is(gap?.lost, 1);
});

test('a stop answers the polls that wait, and those that come', async (t) => {
  const { url, streams, rooms } = await startSite(t);
  const poll = fetch(`${url}/rooms/lobby/events?wait=60`);
  await until(() => rooms.size === 1);
  streams.end(100);
  t.deepEqual(((await (await poll).json()) as { events: unknown[] }).events, []);
  t.is((await fetch(`${url}/rooms/lobby/events?wait=60`)).status, 200);
  await (await startStream(t, `${url}/rooms/lobby/events`)).ended;
});

test('HEAD of a stream is answered', async (t) => {
  const { url } = await startSite(t);
  const headers = { Accept: 'text/event-stream' };
  const response = await fetch(`${url}/rooms/lobby/events`, { method: 'HEAD', headers });
  t.is(response.status, 200);
});

test('rooms have the same names as for WebSockets, and queries the same values', async (t) => {
  const { url, post } = await startSite(t);
  t.is((await post('𠀀'.repeat(64), 'hi')).status, 201);
  const tooLong = await post('𠀀'.repeat(65), 'hi');
  t.is(((await tooLong.json()) as { code: string }).code, 'bad_room');
  await fetch(`${url}/rooms/lobby/events?name=who?`, { method: 'POST', body: 'hi' });
  const page = (await (await fetch(`${url}/rooms/lobby/events`)).json()) as { events: { from: string }[] };
  t.is(page.events[0]?.from, 'who?');
});

test('an allowed origin may be written in any case', async (t) => {
  const { post } = await startSite(t, { allowedOrigins: ['https://Example.com'] });
  const response = await post('lobby', 'hi', { Origin: 'https://example.com' });
  t.is(response.status, 201);
  t.is(response.headers.get('access-control-allow-origin'), 'https://example.com');
});

/** A stream of which nothing goes out. */
async function startStuck(t: ExecutionContext): Promise<{ stream: EventStream; response: ServerResponse }> {
  const server = http.createServer().listen(0, '127.0.0.1');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const request = http.get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false });
  request.on('error', () => {});
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  response.socket?.cork();
  const stream = new EventStream(response);
  stream.begin({ epoch: 'a', offset: 0 }, {});
  return { stream, response };
}

test('what comes for a stream that was ended, and has not gone out, is no error', async (t) => {
  const { stream, response } = await startStuck(t);
  response.on('error', (error) => t.fail(String(error)));
  stream.end(0);
  stream.deliver('id: a:1\ndata: late\n\n');
  stream.gap({ epoch: 'a', offset: 1 }, { epoch: 'a', offset: 2 });
  stream.beat();
  await turn();
  t.true(stream.bufferedAmount > 1e6, 'the room goes on giving it events');
});

test('a stream of which little waits does not keep the process busy', async (t) => {
  const { stream, response } = await startStuck(t);
  t.true(stream.bufferedAmount > 0);
  t.false(response.writableNeedDrain);
  let looks = 0;
  const look = () => {
    looks++;
    stream.whenDrained(look);
  };
  stream.whenDrained(look);
  for (let i = 0; i < 200; i++) await turn();
  t.true(looks < 100, `${looks} looks in 200 turns`);
});
