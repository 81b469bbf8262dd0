import test from 'ava';
import { connect } from './helpers/client.ts';
import { type Program, startProgram } from './helpers/program.ts';
import { head, RawClient } from './helpers/server.ts';

type Line = Record<string, unknown>;

const PRODUCTION = { NODE_ENV: 'production' };

/** The first line with this message and, where it is given, with this member. */
async function line(program: Program, msg: string, member = ''): Promise<Line> {
  const [text] = await program.printedLine(new RegExp(`^\\{(?=.*${member}).*"msg":"${msg}"\\}$`, 'm'));
  return JSON.parse(text);
}

test('a connection has one line at its opening and one at its end, under the same id', async (t) => {
  const program = await startProgram(t, PRODUCTION);
  const client = await connect(t, `${program.ws}echo?room=x`);
  client.send('hello');
  await client.next();
  client.send(Buffer.alloc(1000));
  await client.next();
  client.socket.close(1001, 'going\n{"msg":"forged"}');
  const [opened, closed] = [await line(program, 'connection opened'), await line(program, 'connection closed')];
  t.like(opened, { path: '/echo', address: '127.0.0.1' });
  const { id, path, address, port } = opened;
  t.regex(String(id), /^[0-9a-f]{8}-[0-9a-z]+$/);
  t.like(closed, { id, path, address, port, code: 1001, reason: 'going\n{"msg":"forged"}' });
  t.like(closed, { messagesIn: 2, messagesOut: 2 });
  t.true(Number(closed.bytesIn) > 1000 && Number(closed.bytesIn) < 2000, String(closed.bytesIn));
  t.true(Number(closed.bytesOut) > 1000 && Number(closed.bytesOut) < 2000, String(closed.bytesOut));
  t.true(Number(closed.seconds) >= 0);
  t.is(program.output().match(/connection (opened|closed)/g)?.length, 2);
});

test('who is refused has a line with the status and the reason', async (t) => {
  const program = await startProgram(t, { ...PRODUCTION, ALLOWED_ORIGINS: 'https://good.example' });
  await t.throwsAsync(connect(t, `${program.ws}nothing`));
  await t.throwsAsync(connect(t, `${program.ws}echo`, { origin: 'https://bad.example' }));
  const noHttp = new RawClient(t, program.port);
  noHttp.write('nothing that anybody could read\r\n\r\n');
  await fetch(`${program.url}nowhere`);
  await fetch(`${program.url}rooms/r/events`, { method: 'POST', body: '' });
  const lines = [
    await line(program, 'connection refused', '"status":404'),
    await line(program, 'connection refused', '"status":403'),
    await line(program, 'connection refused', '"status":400'),
    await line(program, 'request refused', '"status":404'),
    await line(program, 'request refused', '"status":400'),
  ];
  const about = { address: '127.0.0.1' };
  t.like(lines[0], { ...about, path: '/nothing', reason: 'there is nothing at /nothing' });
  t.like(lines[1], { ...about, path: '/echo', reason: 'the origin https://bad.example is not allowed' });
  t.like(lines[2], { ...about, reason: 'the request is not HTTP/1.1' });
  t.like(lines[3], { ...about, path: '/nowhere', method: 'GET' });
  t.like(lines[4], { ...about, path: '/rooms/r/events', method: 'POST' });
  t.is(new Set(lines.map(({ id }) => id)).size, lines.length, 'each has an id of its own');
});

test('what is answered is told at level debug, and LOG_LEVEL leaves it out', async (t) => {
  const debug = await startProgram(t, { ...PRODUCTION, LOG_LEVEL: 'debug' });
  await fetch(`${debug.url}healthz?probe`);
  t.like(await line(debug, 'request answered'), { level: 20, method: 'GET', path: '/healthz', status: 200 });

  const info = await startProgram(t, PRODUCTION);
  await fetch(`${info.url}healthz`);
  await fetch(`${info.url}nowhere`);
  await line(info, 'request refused');
  t.notRegex(info.output(), /request answered/);
});

test('an id is never taken from a request', async (t) => {
  const program = await startProgram(t, { ...PRODUCTION, LOG_LEVEL: 'debug', TRUST_PROXY: 'loopback' });
  const headers = { 'X-Request-Id': 'forged-1', 'Request-Id': 'forged-2', Traceparent: 'forged-3' };
  await fetch(`${program.url}healthz`, { headers });
  await connect(t, `${program.ws}echo`, { headers });
  await line(program, 'request answered');
  await line(program, 'connection opened');
  t.notRegex(program.output(), /forged/);
});

for (const NODE_ENV of ['production', 'development']) {
  test(`secrets of a request are in no line, whatever becomes of it: ${NODE_ENV}`, async (t) => {
    const program = await startProgram(t, { NODE_ENV, LOG_LEVEL: 'trace', PING_TIMEOUT: '1s' });
    const headers = { Authorization: 'Bearer s3cret-header', Cookie: 'session=s3cret-cookie' };
    const query = '?token=s3cret-query&client=s3cret-client';
    const protocols = ['text-event.v1.json', 's3cret-protocol'];
    const { url, ws, port } = program;
    for (const path of ['echo', 'rooms/r', 'chat', 'ws']) {
      const client = await connect(t, `${ws}${path}${query}`, { headers }, path === 'rooms/r' ? protocols : []);
      client.socket.close();
      await client.closed;
      const offered = { ...headers, 'Sec-WebSocket-Protocol': protocols.join() };
      const raw = new RawClient(t, port);
      raw.write(head(offered, `GET /${path}${query} HTTP/1.1`));
      await raw.until('101');
      raw.socket.destroy();
    }
    await t.throwsAsync(connect(t, `${ws}nothing${query}`, { headers }, protocols));
    await t.throwsAsync(connect(t, `${ws}rooms/r${query}-%00`, { headers }, protocols));
    await fetch(`${url}${query}`, { headers });
    await fetch(`${url}nowhere${query}`, { headers });
    await fetch(`${url}rooms/r/events${query}`, { headers, method: 'POST', body: 'a line' });
    await fetch(`${url}rooms/r/events${query}&limit=none`, { headers });
    // A target with a user and a password, a violation of the protocol, and a request that is none.
    const raw = new RawClient(t, port);
    const fields = { Authorization: headers.Authorization, Cookie: headers.Cookie };
    raw.write(head(fields, `GET http://user:s3cret-user@localhost/echo${query} HTTP/1.1`));
    await raw.until('101');
    raw.write(Buffer.from([0x83, 0x80, 0, 0, 0, 0]));
    await raw.ended;
    const broken = new RawClient(t, port);
    broken.write(`GET /${query} HTTP/1.1\r\nAuthorization: s3cret-broken\r\nbroken\r\n\r\n`);
    await broken.ended;
    await program.printedLine(/protocol violation/);
    await program.printedLine(/not HTTP\/1\.1/);
    await program.stop();
    t.regex(program.output(), /connection closed/);
    t.notRegex(program.output(), /s3cret/);
  });
}
