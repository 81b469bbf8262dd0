import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import test, { type ExecutionContext } from 'ava';
import {
  judgeAddress,
  judgeClock,
  judgeDrain,
  judgeFiles,
  judgeHeartbeat,
  judgeTimeSync,
} from '../../src/cli/doctor-findings.ts';
import { runCommand } from '../helpers/command.ts';
import { startGuardedSite } from '../helpers/guarded-site.ts';
import { type Program, startProgram } from '../helpers/program.ts';
import { tokenWith } from '../helpers/tokens.ts';

type Statuses = Record<string, string>;

/** What `doctor` finds, by check; `said` is all that it printed. */
async function doctor(t: ExecutionContext, ...args: string[]) {
  const { code, stdout, stderr } = await runCommand(t, ['doctor', ...args]);
  const found: Statuses = {};
  for (const [, status = '', name = ''] of stdout.matchAll(/^(ok|WRONG|skipped) +(\w+)/gm)) found[name] = status;
  return { code, found, said: stdout + stderr };
}

async function listen(t: ExecutionContext, server: net.Server, host = '127.0.0.1'): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  t.teardown(() => server.close());
  return `http://${host}:${(server.address() as AddressInfo).port}/`;
}

/** A proxy in front of the program that handles plain requests as it is told, and hands on the bytes of sockets. */
function startProxy(
  t: ExecutionContext,
  { port }: Program,
  hand: (answer: IncomingMessage, response: ServerResponse) => void,
  host?: string,
): Promise<string> {
  const proxy = http.createServer((request, response) => {
    const { method, url: path, headers } = request;
    const onward = http.request({ port, host: '127.0.0.1', method, path, headers }, (answer) => hand(answer, response));
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  proxy.on('upgrade', (request: IncomingMessage, socket: net.Socket) => {
    const onward = net.connect(port, '127.0.0.1');
    const fields = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}\r\n`);
    onward.write(`GET ${request.url} HTTP/1.1\r\n${fields.join('')}\r\n`);
    for (const side of [socket, onward]) side.on('error', () => {});
    socket.pipe(onward).pipe(socket);
  });
  return listen(t, proxy, host);
}

function pass(answer: IncomingMessage, response: ServerResponse): void {
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  answer.pipe(response);
}

/** Collects an answer until it is whole, as a proxy does that buffers. */
async function collect(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of answer) chunks.push(chunk);
  } catch {
    // Its client has hung up.
    return;
  }
  response.writeHead(answer.statusCode ?? 502, answer.headers).end(Buffer.concat(chunks));
}

test('the program itself passes everything that plain http has', async (t) => {
  const { url } = await startProgram(t, { NODE_ENV: 'production' });
  const { code, found, said } = await doctor(t, '--idle', '1s', url);
  t.is(code, 0, said);
  t.deepEqual(found, {
    page: 'ok',
    assets: 'ok',
    headers: 'ok',
    redirect: 'skipped',
    certificate: 'skipped',
    unknown: 'ok',
    metrics: 'skipped',
    status: 'skipped',
    upgrade: 'ok',
    greeting: 'ok',
    subprotocol: 'ok',
    stream: 'ok',
    address: 'ok',
    clock: 'ok',
    idle: 'ok',
  });
  t.regex(said, /seen as 127\.0\.0\.1, as it is/);
});

test('rooms that ask for a token are looked at with one, and left out without', async (t) => {
  const { url } = await startGuardedSite(t);
  const only = ['--only', 'subprotocol,stream'];
  const without = await doctor(t, ...only, `${url}/`);
  t.deepEqual(without.found, { subprotocol: 'skipped', stream: 'skipped' }, without.said);
  const token = await tokenWith({ rooms: { doctor: ['read'] } });
  const { found, said } = await doctor(t, ...only, '--token', token, `${url}/`);
  t.deepEqual(found, { subprotocol: 'ok', stream: 'ok' }, said);
  const other = await doctor(t, ...only, '--token', await tokenWith(), `${url}/`);
  t.deepEqual(other.found, { subprotocol: 'WRONG', stream: 'WRONG' }, other.said);
});

test('with --room a line is published, comes again, and stands there once', async (t) => {
  const { url } = await startProgram(t);
  const room = '检查-1';
  const events = `${url}rooms/${encodeURIComponent(room)}/events`;
  const texts = async () => ((await (await fetch(events)).json()) as { events: { text: string }[] }).events;
  await doctor(t, '--only', 'subprotocol', url);
  t.deepEqual(await texts(), []);
  for (const lines of [1, 2]) {
    const { code, found, said } = await doctor(t, '--room', room, '--only', 'room', url);
    t.is(code, 0, said);
    t.deepEqual(found, { room: 'ok' });
    t.regex(said, /a line in 检查-1 came in \d+ ms, again after a lost connection, and stands there once/);
    t.is((await texts()).length, lines);
  }
  const unnamed = await doctor(t, '--only', 'room', url);
  t.is(unnamed.code, 2, 'nobody asked for it');
  const wrong = await doctor(t, '--room', 'a/b', url);
  t.is(wrong.code, 2);
  t.regex(wrong.said, /--room.*Got the character U\+002F, expected letters/);
});

test('with --room a token needs both rights, and is asked for', async (t) => {
  const { url } = await startGuardedSite(t);
  const look = (...more: string[]) => doctor(t, '--only', 'room', '--room', 'r', ...more, `${url}/`);
  const withRights = async (...rights: ('read' | 'publish')[]) => {
    const token = await tokenWith({ rooms: { r: rights } });
    return { ...(await look('--token', token)), token };
  };
  const good = await withRights('read', 'publish');
  t.deepEqual(good.found, { room: 'ok' }, good.said);
  const without = await look();
  t.regex(without.said, /^WRONG +room +rooms ask for a token here: --token, or TEXT_EVENT_TOKEN$/m);
  const reader = await withRights('read');
  t.regex(reader.said, /^WRONG +room +forbidden: /m);
  const nobody = await doctor(t, '--only', 'room', '--room', 'r', '--token', await tokenWith(), `${url}/`);
  t.regex(nobody.said, /^WRONG +room .*40[13].*the token needs the rights read and publish in this room/m);
  t.notRegex(reader.said + nobody.said, new RegExp(reader.token));
});

test('processes that do not share their rooms are found by who comes back', async (t) => {
  const programs = await Promise.all([startProgram(t), startProgram(t)]);
  let sockets = 0;
  const proxy = net.createServer(async (socket) => {
    const { port } = programs[sockets++ % 2] as Program;
    const onward = net.connect(port, '127.0.0.1');
    for (const side of [socket, onward]) side.on('error', () => {});
    socket.pipe(onward).pipe(socket);
  });
  const { code, said } = await doctor(t, '--only', 'room', '--room', 'r', await listen(t, proxy));
  t.is(code, 1, said);
  t.regex(said, /^WRONG +room .*not all processes behind this address have the same DATA_DIR or REDIS_URL/m);
  t.regex(said, /change \.env.*REDIS_URL/);
});

test('without --idle nothing is held', async (t) => {
  const { url } = await startProgram(t);
  const { found } = await doctor(t, '--only', 'page,idle', url);
  t.deepEqual(found, { page: 'ok', idle: 'skipped' });
});

test('a proxy that collects streams is found, and one that passes them on is not', async (t) => {
  const program = await startProgram(t);
  const good = await doctor(t, '--only', 'stream,subprotocol', await startProxy(t, program, pass));
  t.is(good.code, 0, good.said);
  const bad = await doctor(t, '--only', 'stream,subprotocol', await startProxy(t, program, collect));
  t.is(bad.code, 1);
  t.deepEqual(bad.found, { subprotocol: 'ok', stream: 'WRONG' }, bad.said);
  t.regex(bad.said, /no block within \d+ ms: a proxy collects the stream/);
});

test('a proxy whose word is not believed is found by the address that the server sees', async (t) => {
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
  if (outside === undefined) {
    t.pass('this machine has loopback alone, where a proxy looks like its clients');
    return;
  }
  const program = await startProgram(t);
  const { code, said } = await doctor(t, '--only', 'address', await startProxy(t, program, pass, outside));
  t.is(code, 1, said);
  t.regex(said, /seen as 127\.0\.0\.1, .* TRUST_PROXY must name it\n +change \.env.*TRUST_PROXY/);
});

test('a server that speaks something else fails each of them, and doctor ends', async (t) => {
  const date = new Date(Date.now() - 60_000).toUTCString();
  const stranger = http.createServer((_request, response) => response.writeHead(200, { Date: date }).end('It works!'));
  const url = await listen(t, stranger);
  const { code, found, said } = await doctor(t, '--room', 'r', '--only', 'subprotocol,stream,address,clock,room', url);
  t.is(code, 1);
  t.deepEqual(found, { subprotocol: 'WRONG', stream: 'WRONG', address: 'WRONG', clock: 'WRONG', room: 'WRONG' }, said);
  t.regex(said, /clock is \d+ s behind/);
});

test('with --local the machine is looked at, too', async (t) => {
  const { url, child } = await startProgram(t);
  const { found, said } = await doctor(t, '--local', '--only', 'files,drain,heartbeat,timesync', url);
  t.deepEqual(Object.keys(found), ['files', 'drain', 'heartbeat', 'timesync'], said);
  t.is(found.drain, 'ok', said);
  t.is(found.heartbeat, 'ok', said);
  t.regex(said, new RegExp(`open files of process ${child.pid}, 60100 are needed`));
  t.regex(said, /PM2 waits 15000 ms, DRAIN_TIME is 10000 ms/);
  t.regex(said, /Nginx waits 120 s, PING_INTERVAL is 25 s/);
  const without = await doctor(t, '--only', 'files', url);
  t.is(without.code, 2);
  t.regex(without.said, /there is no check "files"/);
});

test('limits of the machine are judged against the settings', (t) => {
  t.is(judgeFiles(65_536, 60_000, 'x').status, 'ok');
  t.like(judgeFiles(1024, 60_000, 'x'), { status: 'wrong', change: { file: '.env', line: 'MAX_CONNECTIONS' } });
  t.is(judgeFiles(1024, Infinity, 'x').status, 'wrong');
  t.is(judgeFiles(Infinity, 60_000, 'x').status, 'ok');
  t.is(judgeDrain(15_000, 10_000).status, 'ok');
  t.like(judgeDrain(10_000, 10_000), { status: 'wrong', change: { file: 'deploy/ecosystem.config.js' } });
  t.is(judgeDrain(undefined, 10_000).status, 'wrong');
  t.is(judgeHeartbeat(120_000, 25_000).status, 'ok');
  t.is(judgeHeartbeat(60_000, 50_000).status, 'wrong');
  t.is(judgeHeartbeat(60_000, 0).status, 'wrong');
  t.is(judgeHeartbeat(undefined, 25_000).status, 'wrong');
  t.deepEqual(
    ['yes', 'no', undefined].map((said) => judgeTimeSync(said).status),
    ['ok', 'wrong', 'skipped'],
  );
});

test('an address is judged against what both ends know', (t) => {
  const [client, site] = ['192.0.2.7', '198.51.100.1'];
  t.is(judgeAddress(client, client, site).status, 'ok');
  t.is(judgeAddress('203.0.113.9', client, site).status, 'ok', 'behind a router');
  t.is(judgeAddress('127.0.0.1', client, site).status, 'wrong');
  t.is(judgeAddress('::1', client, site).status, 'wrong');
  t.is(judgeAddress(site, client, site).status, 'wrong');
  t.is(judgeAddress('127.0.0.1', '::ffff:127.0.0.1', '::ffff:127.0.0.1').status, 'ok');
  t.is(judgeAddress('unknown', client, site).status, 'wrong');
});

test('clocks may differ by seconds', (t) => {
  const now = new Date('2026-01-01T00:00:00Z');
  t.is(judgeClock('Thu, 01 Jan 2026 00:00:04 GMT', now).status, 'ok');
  t.regex(judgeClock('Thu, 01 Jan 2026 00:01:00 GMT', now).detail, /60 s ahead/);
  t.regex(judgeClock('Wed, 31 Dec 2025 23:59:00 GMT', now).detail, /60 s behind/);
  t.is(judgeClock(undefined, now).status, 'wrong');
});
