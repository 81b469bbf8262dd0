import { networkInterfaces } from 'node:os';
import test, { type ExecutionContext } from 'ava';
import { Registry } from 'prom-client';
import { createServer, echo } from '../src/index.ts';
import { ConnectionMetrics } from '../src/metrics/connection-metrics.ts';
import { connect } from './helpers/client.ts';
import { startProgram } from './helpers/program.ts';
import { speak } from './helpers/rooms.ts';
import { head, RawClient, until } from './helpers/server.ts';

type Samples = Map<string, number>;

/** What /metrics says, by name and labels as they stand there. */
async function read(url: string): Promise<Samples> {
  const text = await (await fetch(`${url}metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

/** Waits until the samples are as expected; what is wrong at the end of the test's time is shown. */
async function shows(t: ExecutionContext, url: string, expected: Record<string, number>): Promise<void> {
  const wrong = async () => {
    const samples = await read(url);
    return Object.entries(expected).flatMap(([name, value]) =>
      samples.get(name) === value ? [] : [`${name}: got ${samples.get(name)}, expected ${value}`],
    );
  };
  let found = await wrong();
  const end = Date.now() + 5000;
  while (found.length > 0 && Date.now() < end) found = await wrong();
  t.deepEqual(found, []);
}

test('counts connections, handshakes, messages, bytes and close codes by route', async (t) => {
  const { url, ws } = await startProgram(t);
  await shows(t, url, { 'text_event_connections{path="/echo",state="open"}': 0 });
  const [a, b] = [await connect(t, `${ws}echo`), await connect(t, `${ws}echo`)];
  for (const client of [a, b]) {
    client.send('hello');
    client.send(Buffer.from('bytes'));
    await client.next();
    await client.next();
  }
  await shows(t, url, {
    'text_event_connections{path="/echo",state="open"}': 2,
    'text_event_messages_total{path="/echo",direction="in"}': 4,
    'text_event_messages_total{path="/echo",direction="out"}': 4,
    'text_event_handshakes_total{status="101"}': 2,
  });
  const before = await read(url);
  a.socket.close(4321);
  b.socket.close(1000);
  await t.throwsAsync(connect(t, `${ws}nothing/here`));
  const noHttp = new RawClient(t, Number(new URL(url).port));
  noHttp.write('nothing that anybody could read\r\n\r\n');
  await noHttp.ended;
  await shows(t, url, {
    'text_event_connections{path="/echo",state="open"}': 0,
    'text_event_messages_total{path="/echo",direction="in"}': 4,
    'text_event_closes_total{path="/echo",code="other"}': 1,
    'text_event_closes_total{path="/echo",code="1000"}': 1,
    'text_event_handshakes_total{status="404"}': 1,
    'text_event_handshakes_total{status="400"}': 1,
  });
  const after = await read(url);
  for (const [direction, least] of [
    ['in', 200],
    ['out', 130],
  ] as const) {
    const bytes = `text_event_bytes_total{path="/echo",direction="${direction}"}`;
    // Two handshakes and four frames.
    t.true((before.get(bytes) ?? 0) > least, `${before.get(bytes)}`);
    t.true((after.get(bytes) ?? 0) >= (before.get(bytes) ?? 0), 'a counter never falls');
  }
});

test('counts what rooms do: appends, duplicates, acknowledgements, deliveries, resumes, and the log', async (t) => {
  const { url, ws } = await startProgram(t, { HISTORY_MAX_EVENTS: '2' });
  const a = await speak(t, `${ws}rooms/r?name=a`);
  const { position } = await a.nextOf('welcome');
  for (const key of ['1', '1', '2', '3', '4']) a.say({ type: 'publish', key, text: key });
  for (let acks = 0; acks < 5; ) if (JSON.parse(await a.next()).type === 'ack') acks++;
  const late = await speak(t, `${ws}rooms/r?name=b&after=${position}`);
  await late.nextOf('welcome');
  await late.nextOf('gap');
  const strange = await speak(t, `${ws}rooms/r?name=c&after=0000000000000000:7`);
  await strange.nextOf('welcome');
  await strange.nextOf('reset');
  const exact = await speak(t, `${ws}rooms/r?name=d&after=${position.split(':')[0]}:4`);
  await exact.nextOf('welcome');
  await fetch(`${url}rooms/r/events`, { method: 'POST', body: 'over HTTP' });
  const bad = await fetch(`${url}rooms/r/events`, { method: 'POST', body: '' });
  t.is(bad.status, 400);
  const stream = await fetch(`${url}rooms/r/events`, { headers: { accept: 'text/event-stream' } });
  await shows(t, url, {
    'text_event_appends_total{store="rooms",result="appended"}': 5,
    'text_event_appends_total{store="rooms",result="duplicate"}': 1,
    'text_event_append_seconds_count{store="rooms"}': 6,
    'text_event_acks_total{store="rooms"}': 5,
    'text_event_delivery_seconds_count{store="rooms"}': 5,
    'text_event_gaps_total{store="rooms"}': 1,
    'text_event_gap_events_total{store="rooms"}': 2,
    'text_event_resets_total{store="rooms"}': 1,
    'text_event_resumes_total{store="rooms",outcome="gap"}': 1,
    'text_event_resumes_total{store="rooms",outcome="reset"}': 1,
    'text_event_resumes_total{store="rooms",outcome="exact"}': 1,
    'text_event_resumes_total{store="rooms",outcome="head"}': 2,
    'text_event_rooms{store="rooms"}': 1,
    'text_event_room_readers{store="rooms"}': 5,
    'text_event_cursors_behind{store="rooms"}': 0,
    'text_event_log_rooms{store="rooms"}': 1,
    'text_event_log_events{store="rooms"}': 2,
    text_event_sse_streams: 1,
    'text_event_http_requests_total{method="POST",route="/rooms/:room/events",status="201"}': 1,
    'text_event_http_requests_total{method="POST",route="/rooms/:room/events",status="400"}': 1,
  });
  const samples = await read(url);
  t.true((samples.get('text_event_log_bytes{store="rooms"}') ?? 0) >= 4096);
  t.true((samples.get('text_event_tail_bytes{store="rooms"}') ?? 0) > 0);
  t.true((samples.get('text_event_append_seconds_sum{store="rooms"}') ?? 0) > 0);
  await stream.body?.cancel();
  await shows(t, url, { text_event_sse_streams: 0 });
});

test('a reader that does not read is behind, and what waits for it is counted', async (t) => {
  const { url, ws, port } = await startProgram(t, { MESSAGES_PER_SECOND: 'off', BYTES_PER_SECOND: 'off' });
  const slow = await new RawClient(t, port).open('/rooms/r?name=slow');
  slow.socket.pause();
  const a = await speak(t, `${ws}rooms/r?name=a`);
  await a.nextOf('welcome');
  const isBehind = async () => (await read(url)).get('text_event_cursors_behind{store="rooms"}') === 1;
  const text = 'x'.repeat(500_000);
  await until(async () => {
    a.say({ type: 'publish', text });
    return isBehind();
  });
  const samples = await read(url);
  t.true((samples.get('text_event_outbox_bytes{path="/rooms/:room"}') ?? 0) > 0);
  t.true((samples.get('text_event_outbox_bytes_max') ?? 0) > 0);
  t.true((samples.get('text_event_fallen_behind_total{store="rooms"}') ?? 0) >= 1);
});

test('nothing that a client made up becomes a label', async (t) => {
  const { url, ws, port } = await startProgram(t);
  await connect(t, `${ws}rooms/made-up-room?name=made-up-name`);
  await t.throwsAsync(connect(t, `${ws}made-up-path`));
  await fetch(`${url}made-up-page`, { method: 'DELETE' });
  await fetch(`${url}rooms/made-up-too`);
  const raw = await new RawClient(t, port).open('/echo?made-up');
  // A Close frame with the code 4999, masked with zeros.
  raw.write(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x13, 0x87]));
  await raw.ended;
  await shows(t, url, {
    'text_event_closes_total{path="/echo",code="other"}': 1,
    'text_event_http_requests_total{method="other",route="other",status="404"}': 1,
  });
  t.deepEqual(
    [...(await read(url)).keys()].filter((name) => /made-up|4999|DELETE/.test(name)),
    [],
  );
});

test('by default programs of this machine are answered, and nobody behind a proxy', async (t) => {
  const { url, port } = await startProgram(t, { HOST: '0.0.0.0' });
  const local = url.replace('0.0.0.0', '127.0.0.1');
  const status = async (headers: Record<string, string>) => (await fetch(`${local}metrics`, { headers })).status;
  t.is(await status({}), 200);
  for (const name of ['X-Forwarded-For', 'Forwarded', 'Via', 'X-Real-IP', 'X-Forwarded-Host', 'X-Forwarded-Proto']) {
    t.is(await status({ [name]: '' }), 404, `${name}, empty`);
    t.is(await status({ [name]: '127.0.0.1' }), 404, name);
  }
  const nothing = await (await fetch(`${local}nothing`)).text();
  t.is(await (await fetch(`${local}metrics`, { headers: { Via: '1.1 x' } })).text(), nothing);
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4');
  if (outside) t.is((await fetch(`http://${outside.address}:${port}/metrics`)).status, 404);
});

test('METRICS opens them to everybody, or to nobody', async (t) => {
  const [open, off] = [await startProgram(t, { METRICS: 'open' }), await startProgram(t, { METRICS: 'off' })];
  const headers = { 'X-Forwarded-For': '203.0.113.5' };
  const answer = await fetch(`${open.url}metrics`, { headers });
  t.is(answer.status, 200);
  t.regex(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  t.is((await fetch(`${off.url}metrics`)).status, 404);
});

test('a connection that a route did not let in counts under other', async (t) => {
  const register = new Registry();
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  t.teardown(() => {
    server.close();
    server.terminate();
  });
  const metrics = new ConnectionMetrics(server, [], register);
  await until(() => server.port !== undefined);
  const raw = new RawClient(t, server.port ?? 0);
  raw.write(head({}, 'GET /any HTTP/1.1'));
  await raw.until('101');
  await metrics.collect();
  t.regex(await register.metrics(), /text_event_connections\{path="other",state="open"\} 1/);
});

test('connections that end while they are added up count once', async (t) => {
  const register = new Registry();
  const server = createServer({ routes: { '/echo': echo() }, maxConnectionsPerIp: Infinity }).listen(0, '127.0.0.1');
  t.teardown(() => {
    server.close();
    server.terminate();
  });
  const metrics = new ConnectionMetrics(server, ['/echo'], register);
  await until(() => server.port !== undefined);
  const clients: RawClient[] = [];
  // More than are added up in one turn.
  for (let i = 0; i < 1100; i++) {
    const client = await new RawClient(t, server.port ?? 0).open('/echo');
    // A text of one byte, masked with zeros.
    client.write(Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x61]));
    clients.push(client);
  }
  await until(() => server.connections.every(({ messagesReceived }) => messagesReceived === 1));
  const collecting = metrics.collect();
  server.terminate();
  await until(() => server.connections.length === 0);
  await collecting;
  const received = 'text_event_messages_total{path="/echo",direction="in"} 1100\n';
  t.true((await register.metrics()).includes(received));
  await metrics.collect();
  t.true((await register.metrics()).includes(received));
});
