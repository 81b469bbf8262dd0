import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { networkInterfaces } from 'node:os';
import test from 'ava';
import { connect } from '../helpers/client.ts';
import { type Program, startProgram } from '../helpers/program.ts';
import { speak } from '../helpers/rooms.ts';
import { until } from '../helpers/until.ts';

const OURS = { 'X-Requested-With': 'test' };

interface Row {
  id: string;
  path: string;
  address: string;
  since: number;
  bytesIn: number;
  bytesOut: number;
  buffered: number;
}

/** Not by `fetch`, which sets some header fields itself. */
async function ask(url: string, headers: Record<string, string> = {}, method = 'GET') {
  const request = http.request(url, { headers, method, agent: false }).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  const type = String(response.headers['content-type']);
  return {
    status: response.statusCode,
    headers: response.headers,
    body,
    json: /json/.test(type) ? JSON.parse(body) : {},
  };
}

async function rowsOf({ url }: Program, query = ''): Promise<Row[]> {
  return (await ask(`${url}status/connections${query}`)).json.connections;
}

test('shows counters of the process, and how large its rooms are', async (t) => {
  const { url, ws, child } = await startProgram(t);
  const echo = await connect(t, `${ws}echo?token=made-up-secret`);
  echo.send('hello');
  await echo.next();
  const a = await speak(t, `${ws}rooms/large?name=a`);
  const b = await speak(t, `${ws}rooms/large?name=b`);
  await speak(t, `${ws}rooms/small?name=c`);
  await a.nextOf('welcome');
  await b.nextOf('welcome');
  a.say({ type: 'publish', text: 'made-up-line' });
  while (JSON.parse(await b.next()).type !== 'event');
  let { headers, body, json } = await ask(`${url}status`);
  await until(async () => {
    ({ headers, body, json } = await ask(`${url}status`));
    return json.delivery.count > 0 && json.rooms.length > 1;
  });
  t.is(headers['cache-control'], 'no-store');
  t.is(json.pid, child.pid);
  t.is(json.open, 4);
  t.true(json.messagesIn >= 2 && json.messagesOut >= 3, body);
  t.true(json.bytesIn > 200 && json.bytesOut > 200 && json.uptime > 0 && json.memory > 1e6, body);
  t.deepEqual(json.rooms, [
    { store: 'rooms', room: 'large', readers: 2 },
    { store: 'rooms', room: 'small', readers: 1 },
  ]);
  const { bounds, atMost, count } = json.delivery;
  t.is(bounds.length, atMost.length);
  t.true(
    atMost.every((value: number, at: number) => value >= (atMost[at - 1] ?? 0) && value <= count),
    body,
  );
  t.notRegex(body, /made-up/);
});

test('lists connections as they stand in the log, by the pattern of their path, within bounds', async (t) => {
  const program = await startProgram(t, { NODE_ENV: 'production', LOG_LEVEL: 'info' });
  const before = Date.now();
  for (const path of ['echo?token=made-up', 'rooms/made-up', 'echo']) await connect(t, `${program.ws}${path}`);
  await until(async () => (await rowsOf(program)).length === 3);
  const rows = await rowsOf(program);
  t.deepEqual(rows.map(({ path }) => path).sort(), ['/echo', '/echo', '/rooms/:room']);
  for (const row of rows) {
    t.is(row.address, '127.0.0.1');
    t.true(row.since >= before - 1000 && row.bytesIn > 100 && row.bytesOut > 100 && row.buffered === 0);
    t.regex(program.output(), new RegExp(`"id":"${row.id}".*"connection opened"`));
  }
  t.notRegex(JSON.stringify(rows), /made-up/);
  const one = await ask(`${program.url}status/connections?limit=1`);
  t.is(one.json.connections.length, 1);
  t.is(one.json.total, 3);
  for (const limit of ['0', '-1', '1001', '1e3', 'all', '', '1&limit=2']) {
    const { status, json } = await ask(`${program.url}status/connections?limit=${limit}`);
    t.is(status, 400, limit);
    t.regex(json.detail, /from 1 to 1000/);
  }
});

test('closes a connection with 1008, and no other', async (t) => {
  const program = await startProgram(t);
  const [a, b] = [await connect(t, `${program.ws}echo`), await connect(t, `${program.ws}clock`)];
  await until(async () => (await rowsOf(program)).length === 2);
  const row = (await rowsOf(program)).find(({ path }) => path === '/echo');
  const close = `${program.url}status/connections/${row?.id}/close`;
  t.is((await ask(close, OURS, 'POST')).status, 200);
  t.deepEqual(await a.closed, { code: 1008, reason: 'closed by an operator' });
  await until(async () => (await rowsOf(program)).length === 1);
  const again = await ask(close, OURS, 'POST');
  t.is(again.status, 404);
  t.regex(again.json.detail, new RegExp(`process ${program.child.pid} has no`));
  t.is(b.socket.readyState, 1);
});

test('no page of another origin closes anything', async (t) => {
  const program = await startProgram(t);
  const client = await connect(t, `${program.ws}echo`);
  await until(async () => (await rowsOf(program)).length === 1);
  const close = `${program.url}status/connections/${(await rowsOf(program))[0]?.id}/close`;
  for (const headers of [
    {},
    { ...OURS, Origin: 'http://evil.example' },
    { ...OURS, Origin: 'null' },
    { ...OURS, Origin: `http://127.0.0.1:${program.port + 1}` },
    { ...OURS, 'Sec-Fetch-Site': 'cross-site' },
    { ...OURS, 'Sec-Fetch-Site': 'same-site' },
  ]) {
    t.is((await ask(close, headers, 'POST')).status, 403, JSON.stringify(headers));
  }
  const preflight = await ask(
    close,
    { Origin: 'http://evil.example', 'Access-Control-Request-Method': 'POST' },
    'OPTIONS',
  );
  t.is(preflight.headers['access-control-allow-origin'], undefined);
  t.is(client.socket.readyState, 1);
  const own = { ...OURS, Origin: `http://127.0.0.1:${program.port}`, 'Sec-Fetch-Site': 'same-origin' };
  t.is((await ask(close, own, 'POST')).status, 200);
});

test('is there for this machine alone, whoever may read /metrics', async (t) => {
  for (const METRICS of ['local', 'open']) {
    const program = await startProgram(t, { METRICS, HOST: '::', TRUST_PROXY: 'loopback' });
    const { port, ws } = program;
    const here = `http://127.0.0.1:${port}/`;
    await connect(t, `${ws.replace(/\/\/.*:/, '//127.0.0.1:')}echo`);
    await until(async () => (await ask(`${here}status/connections`)).json.total === 1);
    const { id } = (await ask(`${here}status/connections`)).json.connections[0];
    const routes = [['status'], ['status/connections'], [`status/connections/${id}/close`, 'POST']] as const;
    const own = Object.values(networkInterfaces()).flat();
    const outside = own.find((one) => one?.family === 'IPv4' && !one.internal)?.address;
    for (const [path, method] of routes) {
      for (const headers of [
        { 'X-Forwarded-For': '127.0.0.1' },
        { Forwarded: 'for=127.0.0.1' },
        { Via: '1.1 proxy' },
        { Host: 'rebound.example' },
        { Host: 'localhost.evil.example' },
        { Host: '127.0.0.1.evil.example' },
      ]) {
        const { status, body } = await ask(
          `${here}${path}`,
          { ...OURS, ...(headers as Record<string, string>) },
          method,
        );
        t.is(status, 404, `${path} ${JSON.stringify(headers)}`);
        t.is(body, 'There is nothing here.\n');
      }
      if (outside) t.is((await ask(`http://${outside}:${port}/${path}`, OURS, method)).status, 404);
    }
    t.is((await ask(`${here}status`, { Host: `localhost:${port}` })).status, 200);
    t.is((await ask(`${here}status`, { Host: `[::1]:${port}` })).status, 200);
  }
});

test('is not there without metrics', async (t) => {
  const { url } = await startProgram(t, { METRICS: 'off' });
  t.is((await ask(`${url}status`)).status, 404);
});
