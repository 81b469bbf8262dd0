import { once } from 'node:events';
import http from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { createApp } from '../../src/http/app.ts';
import { Streams } from '../../src/http/rooms/streams.ts';
import { createServer } from '../../src/index.ts';
import { MemoryLog } from '../../src/rooms/memory-log.ts';
import { MemoryPresence } from '../../src/rooms/memory-presence.ts';
import { RoomError } from '../../src/rooms/room-error.ts';
import { Rooms } from '../../src/rooms/rooms.ts';
import { startStream } from '../helpers/event-stream.ts';
import { until } from '../helpers/server.ts';

interface Site {
  /** `http://127.0.0.1:<port>` */
  url: string;
  rooms: Rooms;
  streams: Streams;
  post(room: string, text: string | Buffer, headers?: Record<string, string>): Promise<Response>;
}

interface Settings {
  allowedOrigins?: string[];
  messagesPerSecond?: number;
  maxConnectionsPerIp?: number;
  beat?: number;
  history?: number;
}

async function startSite(t: ExecutionContext, settings: Settings = {}): Promise<Site> {
  const { messagesPerSecond = 100, maxConnectionsPerIp = 10, allowedOrigins = ['*'] } = settings;
  const log = new MemoryLog({ maxEvents: settings.history ?? 10_000 });
  const rooms = new Rooms(log, new MemoryPresence());
  const streams = new Streams(settings.beat ?? 60_000);
  const app = await createApp({
    socketPaths: [],
    status: () => ({ connections: 0 }),
    rooms: {
      rooms,
      streams,
      allowedOrigins,
      messagesPerSecond,
      maxConnectionsPerIp,
      clientAddress: () => ({ address: '192.0.2.1', port: 1 }),
      maxMessageBytes: 1000,
      maxConnections: 100,
      onError: (error) => t.fail(String(error)),
    },
  });
  const server = createServer({ request: (request, response) => app.routing(request, response) });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(async () => {
    server.close();
    server.terminate();
    await rooms.close();
  });
  const url = `http://127.0.0.1:${server.port}`;
  const post = (room: string, text: string | Buffer, headers: Record<string, string> = {}) =>
    fetch(`${url}/rooms/${encodeURIComponent(room)}/events`, { method: 'POST', body: text, headers });
  return { url, rooms, streams, post };
}

interface Published {
  position: string;
  at: string;
  duplicate: boolean;
}

interface History {
  events: { position: string; from: string; text: string; at: string }[];
  position: string;
  gap?: { lost: number };
  reset?: true;
}

async function read(url: string): Promise<History> {
  const response = await fetch(url);
  return (await response.json()) as History;
}

test('a line that is posted is answered 201 with its position, and is in the history', async (t) => {
  const { url, post } = await startSite(t);
  const response = await post('大厅', '你好 <b>\n');
  t.is(response.status, 201);
  const { position, at, duplicate } = (await response.json()) as Published;
  t.false(duplicate);
  const history = await read(`${url}/rooms/${encodeURIComponent('大厅')}/events`);
  t.deepEqual(history, {
    events: [{ type: 'event', position, from: '访客', text: '你好 <b>\n', at }],
    position,
  } as unknown as History);
});

test('the same key gives the same position and says that it is a duplicate', async (t) => {
  const { url, post } = await startSite(t);
  const headers = { 'Idempotency-Key': 'k-1' };
  const first = (await (await post('a', 'x', headers)).json()) as Published;
  const again = await post('a', 'x', headers);
  t.is(again.status, 201);
  t.deepEqual(await again.json(), { ...first, duplicate: true });
  t.is((await read(`${url}/rooms/a/events`)).events.length, 1);
});

test('pages of a history follow each other without a hole', async (t) => {
  const { url, post } = await startSite(t);
  for (let i = 1; i <= 7; i++) await post('a', String(i), { 'Content-Type': 'application/json' });
  const texts: string[] = [];
  let after = '';
  for (;;) {
    const page = await read(`${url}/rooms/a/events?limit=3&after=${after}`);
    if (page.events.length === 0) break;
    texts.push(...page.events.map(({ text }) => text));
    after = page.position;
  }
  t.deepEqual(texts, ['1', '2', '3', '4', '5', '6', '7']);
});

test('what retention has dropped is said, as is a position of another log', async (t) => {
  const { url, post } = await startSite(t, { history: 2 });
  const { position: begin } = await read(`${url}/rooms/a/events`);
  for (let i = 1; i <= 5; i++) await post('a', String(i));
  const page = await read(`${url}/rooms/a/events?after=${begin}`);
  t.is(page.gap?.lost, 3);
  t.deepEqual(
    page.events.map(({ text }) => text),
    ['4', '5'],
  );
  const other = await read(`${url}/rooms/a/events?after=another:1`);
  t.true(other.reset);
  t.is(other.events.length, 2);
});

test('a long poll waits for the next line', async (t) => {
  const { url, post, rooms } = await startSite(t);
  const { position } = await read(`${url}/rooms/a/events`);
  const waiting = read(`${url}/rooms/a/events?after=${position}&wait=30`);
  await until(() => rooms.size === 1);
  await post('a', 'come');
  t.deepEqual(
    (await waiting).events.map(({ text }) => text),
    ['come'],
  );
  await until(() => rooms.size === 0);
});

test('a long poll ends with an empty page when the time is over, and when its client goes', async (t) => {
  const { url, rooms } = await startSite(t);
  const { events, position } = await read(`${url}/rooms/a/events?wait=1`);
  t.deepEqual(events, []);
  const leaving = new AbortController();
  const waiting = fetch(`${url}/rooms/a/events?after=${position}&wait=60`, { signal: leaving.signal });
  await until(() => rooms.size === 1);
  leaving.abort();
  t.is(await waiting.catch(({ name }) => name), 'AbortError');
  await until(() => rooms.size === 0);
});

test('a stream begins with a position, gives lines as they come, and goes on after Last-Event-ID', async (t) => {
  const { url, post, rooms } = await startSite(t);
  await post('a', 'before');
  const stream = await startStream(t, `${url}/rooms/a/events`);
  t.is(stream.headers['content-type'], 'text/event-stream; charset=utf-8');
  t.is(stream.headers['x-accel-buffering'], 'no');
  t.is(stream.headers['cache-control'], 'no-store, no-transform');
  const begin = await stream.next();
  t.is(begin.data, undefined);
  const { position } = (await (await post('a', 'one\r\ntwo')).json()) as Published;
  const block = await stream.next();
  t.is(block.id, position);
  t.is(JSON.parse(block.data ?? '').text, 'one\r\ntwo');
  stream.close();
  await until(() => rooms.size === 0);

  await post('a', 'missed');
  const resumed = await startStream(t, `${url}/rooms/a/events`, { 'Last-Event-ID': position });
  t.is((await resumed.next()).id, position);
  t.is(JSON.parse((await resumed.next()).data ?? '').text, 'missed');
  const whole = await startStream(t, `${url}/rooms/a/events?after=${begin.id}`);
  await whole.next();
  t.is(JSON.parse((await whole.next()).data ?? '').text, 'one\r\ntwo');
});

test('a stream is told of a gap and of a replaced log', async (t) => {
  const { url, post } = await startSite(t, { history: 1 });
  const { position } = await read(`${url}/rooms/a/events`);
  for (const text of ['1', '2', '3']) await post('a', text);
  const late = await startStream(t, `${url}/rooms/a/events`, { 'Last-Event-ID': position });
  await late.next();
  const gap = await late.next();
  t.is(gap.event, 'gap');
  t.is(JSON.parse(gap.data ?? '').lost, 2);
  t.is(JSON.parse((await late.next()).data ?? '').text, '3');
  const other = await startStream(t, `${url}/rooms/a/events?after=another:7`);
  await other.next();
  t.is((await other.next()).event, 'reset');
});

test('a silent stream is sent comments, and one that is ended says when to come back', async (t) => {
  const { url, streams } = await startSite(t, { beat: 20 });
  const stream = await startStream(t, `${url}/rooms/a/events`);
  await until(() => stream.raw().endsWith(':\n\n:\n\n'));
  streams.end(1);
  await stream.ended;
  t.regex(stream.raw(), /\nretry: \d{1,4}\n\n$/);
  await until(() => streams.size === 0);
});

test('a stream whose reader stands still for two beats ends', async (t) => {
  const { url, post, streams } = await startSite(t, { beat: 100, messagesPerSecond: 1000 });
  const request = http.get(`${url}/rooms/a/events`, { headers: { Accept: 'text/event-stream' } });
  t.teardown(() => request.destroy());
  request.on('error', () => {});
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.on('error', () => {});
  response.pause();
  await until(() => streams.size === 1);
  const gone = until(() => streams.size === 0).then(() => true);
  const text = 'x'.repeat(1000);
  while (!(await Promise.race([gone, post('a', text).then(() => false)])));
  t.pass();
});

test('a room is described by its position and its members', async (t) => {
  const { url, rooms, post } = await startSite(t);
  await rooms.enter('a', { wish: '小李', naming: { pool: [], guestPrefix: '访客', guestFrom: 1 } });
  const { position } = (await (await post('a', 'x')).json()) as Published;
  const response = await fetch(`${url}/rooms/a`);
  t.deepEqual(await response.json(), { room: 'a', position, members: ['小李'], count: 1 });
});

for (const [what, path, init, status, code, detail] of [
  ['a room name with a space', '/rooms/a%20b', {}, 400, 'bad_room', 'room: got the character U+0020'],
  ['a room name with a slash', '/rooms/a%2fb', {}, 400, 'bad_room', 'room: got the character U+002F'],
  ['a position that is none', '/rooms/a/events?after=7', {}, 400, 'bad_position', 'after: got "7"'],
  [
    'a limit of 0',
    '/rooms/a/events?limit=0',
    {},
    400,
    'bad_message',
    'limit: got "0", expected a whole number from 1 to 1000',
  ],
  ['an endless wait', '/rooms/a/events?wait=1e9', {}, 400, 'bad_message', 'wait: got "1e9"'],
  ['an empty body', '/rooms/a/events', { method: 'POST' }, 400, 'bad_message', 'body: got nothing'],
  [
    'bytes that are no text',
    '/rooms/a/events',
    { method: 'POST', body: Buffer.from([0xff]) },
    400,
    'bad_message',
    'body: got bytes',
  ],
  [
    'a name of a line break',
    '/rooms/a/events?name=a%0Ab',
    { method: 'POST', body: 'x' },
    400,
    'bad_name',
    'name: got a control',
  ],
  [
    'a key that is too long',
    '/rooms/a/events',
    { method: 'POST', body: 'x', headers: { 'Idempotency-Key': 'k'.repeat(65) } },
    400,
    'bad_key',
    'got 65',
  ],
  ['a text that is too long', '/rooms/a/events', { method: 'POST', body: 'x'.repeat(1001) }, 413, 'too_big', ''],
] as const) {
  test(`${what} is a problem with status ${status}`, async (t) => {
    const { url } = await startSite(t);
    const response = await fetch(url + path, init as RequestInit);
    t.is(response.status, status);
    t.is(response.headers.get('content-type'), 'application/problem+json');
    const problem = (await response.json()) as { status: number; code: string; detail: string; retryable: boolean };
    t.is(problem.status, status);
    t.is(problem.code, code);
    t.true(problem.detail.includes(detail), problem.detail);
    t.false(problem.retryable);
  });
}

test('a store that fails is a problem with 503 and Retry-After', async (t) => {
  const { rooms, post, url } = await startSite(t);
  const unavailable = () => Promise.reject(new RoomError('unavailable', 'the disk is full'));
  rooms.publish = unavailable;
  rooms.subscribe = unavailable;
  for (const response of [
    await post('a', 'x'),
    await fetch(`${url}/rooms/a/events`, { headers: { Accept: 'text/event-stream' } }),
  ]) {
    t.is(response.status, 503);
    t.is(response.headers.get('retry-after'), '1');
    t.like(await response.json(), { code: 'unavailable', retryable: true, detail: 'the disk is full' });
  }
});

test('one address may publish so much, and hold so many streams', async (t) => {
  const { url, post } = await startSite(t, { messagesPerSecond: 1, maxConnectionsPerIp: 2 });
  const statuses: number[] = [];
  for (let i = 0; i < 6; i++) statuses.push((await post('a', 'x')).status);
  t.deepEqual(statuses, [201, 201, 201, 201, 201, 429]);
  const first = await startStream(t, `${url}/rooms/a/events`);
  await startStream(t, `${url}/rooms/a/events`);
  const third = await fetch(`${url}/rooms/a/events`, { headers: { Accept: 'text/event-stream' } });
  t.is(third.status, 429);
  t.like(await third.json(), { code: 'too_many_connections', retryable: true });
  first.close();
  await t.notThrowsAsync(async () => {
    while ((await fetch(`${url}/rooms/a/events`)).status === 429);
  });
});

test('pages of other origins may read and publish where they are allowed to, and only there', async (t) => {
  const open = await startSite(t);
  t.is((await post(open, 'https://a.example')).headers.get('access-control-allow-origin'), '*');
  const closed = await startSite(t, { allowedOrigins: ['https://a.example'] });
  const allowed = await post(closed, 'https://a.example');
  t.is(allowed.status, 201);
  t.is(allowed.headers.get('access-control-allow-origin'), 'https://a.example');
  t.is((await post(closed, 'https://b.example')).status, 403);
  const preflight = await fetch(`${closed.url}/rooms/a/events`, {
    method: 'OPTIONS',
    headers: {
      Origin: 'https://a.example',
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'idempotency-key',
    },
  });
  t.is(preflight.status, 204);
  t.is(preflight.headers.get('access-control-allow-headers'), 'idempotency-key');

  function post(site: Site, origin: string): Promise<Response> {
    return site.post('a', 'x', { Origin: origin });
  }
});
