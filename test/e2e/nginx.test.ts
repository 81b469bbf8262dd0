import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { get, handshake } from '../../src/cli/site.ts';
import { loadConfig } from '../../src/config.ts';
import { openTab } from '../helpers/browser.ts';
import { connect } from '../helpers/client.ts';
import { startNginx } from '../helpers/nginx.ts';
import { execute } from '../helpers/pm2.ts';
import { type Program, root, startProgram } from '../helpers/program.ts';
import { until } from '../helpers/server.ts';
import { secret, tokenWith } from '../helpers/tokens.ts';

const NAME = '李旺';
const GREETING = '服务端已收到消息:李旺服务端发来消息: Hello,李旺';
const SAME_HEADERS = [
  'cache-control',
  'content-type',
  'x-content-type-options',
  'referrer-policy',
  'x-frame-options',
  'cross-origin-resource-policy',
];
const insecure = { rejectUnauthorized: false };

function makeDir(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'text-event-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** The program as it runs behind Nginx, with a Unix socket beside its port. */
async function startBehind(t: ExecutionContext, env: Record<string, string> = {}): Promise<Program & { path: string }> {
  const path = join(makeDir(t), 'server.sock');
  const program = await startProgram(t, {
    NODE_ENV: 'production',
    SOCKET_PATH: path,
    TRUST_PROXY: 'loopback',
    ...env,
  });
  return { ...program, path };
}

async function start(t: ExecutionContext) {
  const program = await startBehind(t);
  const nginx = await startNginx(t, { upstream: program.path });
  return nginx && { program, nginx };
}

test('the shipped site file passes nginx -t without a warning', async (t) => {
  const nginx = await startNginx(t, { upstream: '/nowhere.sock' });
  if (!nginx) return;
  t.regex(nginx.verdict, /test is successful/);
  t.notRegex(nginx.verdict, /warn|error|emerg/);
});

for (const kind of ['a Unix socket', 'loopback TCP']) {
  test(`a nickname is greeted over wss, with ${kind} to the program`, async (t) => {
    const program = await startBehind(t);
    const nginx = await startNginx(t, { upstream: kind === 'loopback TCP' ? program.port : program.path });
    if (!nginx) return;
    const client = await connect(t, nginx.wss, insecure);
    client.send(NAME);
    t.is(await client.next(), GREETING);
    client.socket.close();
    await client.closed;
    await until(() => / 101 upgrade="websocket" program=101 /.test(nginx.accessLog()));
    t.pass();
  });
}

test('Chromium loads the page over HTTP/2 and is greeted over wss', async (t) => {
  const running = await start(t);
  if (!running) return;
  const tab = await openTab(t, { ignoreHTTPSErrors: true });
  if (!tab) return;
  const { page, complaints } = tab;
  await page.goto(running.nginx.url);
  await page.fill('#m', NAME);
  await page.getByRole('button', { name: '发送' }).click();
  await page.locator('#result').getByText(GREETING).waitFor();
  const protocol = await page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol");
  t.is(protocol, 'h2');
  t.deepEqual(complaints, []);
});

test('the page is served by Nginx itself, with the headers that the program gives it', async (t) => {
  const running = await start(t);
  if (!running) return;
  const { nginx, program } = running;
  const direct = await get({ ...nginx.site, url: new URL(program.url) }, '');
  const asset = /assets\/[^"]+\.js/.exec(direct.body)?.[0] ?? t.fail('the page names no script');
  for (const path of ['', asset]) {
    const own = await get({ ...nginx.site, url: new URL(program.url) }, path as string);
    const served = await get(nginx.site, path as string);
    t.is(served.body, own.body);
    t.is(served.headers['content-encoding'], 'gzip');
    t.deepEqual(policyOf(served.headers), policyOf(own.headers));
    for (const name of SAME_HEADERS) t.is(served.headers[name], own.headers[name], name);
    t.is(served.headers['strict-transport-security'], 'max-age=31536000');
  }
  t.false(program.output().includes(asset as string));
});

function policyOf(headers: Record<string, unknown>): string[] {
  return String(headers['content-security-policy'])
    .split(';')
    .map((directive) => directive.trim())
    .sort();
}

test('what the program answers itself carries its headers once', async (t) => {
  const running = await start(t);
  if (!running) return;
  const { headers, status } = await get(running.nginx.site, 'no-such-page');
  t.is(status, 404);
  t.is(headers['x-content-type-options'], 'nosniff');
  t.is(headers['strict-transport-security'], 'max-age=31536000');
  t.is(headers['cache-control'], undefined);
});

test('plain http is sent on to https, but for the challenges of the certificate', async (t) => {
  const running = await start(t);
  if (!running) return;
  const { nginx } = running;
  const page = await get(nginx.site, `http://localhost:${nginx.plainPort}/a?b=c`);
  t.is(page.status, 301);
  t.is(page.headers.location, 'https://localhost/a?b=c');
  t.is(page.headers['strict-transport-security'], undefined);
  writeFileSync(join(nginx.acme, '.well-known/acme-challenge/token'), 'proof');
  const challenge = await get(nginx.site, `http://localhost:${nginx.plainPort}/.well-known/acme-challenge/token`);
  t.is(challenge.body, 'proof');
});

test('a forged X-Forwarded-For is overwritten with the address of the client', async (t) => {
  const running = await start(t);
  if (!running) return;
  const forged = { 'X-Forwarded-For': '203.0.113.9', 'X-Forwarded-Proto': 'gopher' };
  const url = running.nginx.wss.replace('localhost', '127.0.0.1');
  const client = await connect(t, url, { ...insecure, localAddress: '127.0.0.7', headers: forged });
  client.send(NAME);
  await client.next();
  await until(() => running.program.output().includes('"address":"127.0.0.7"'));
  t.notRegex(running.program.output(), /203\.0\.113\.9/);
});

test('in production a page of this site may connect through Nginx and one of another may not, and no query is logged', async (t) => {
  const started = await start(t);
  if (!started) return;
  const { nginx } = started;
  const own = nginx.url.slice(0, -1);
  const client = await connect(t, `${nginx.wss}echo?token=a-secret`, { ...insecure, origin: own });
  const other = { ...insecure, origin: 'https://localhost.example' };
  await t.throwsAsync(connect(t, `${nginx.wss}echo?token=a-secret`, other), { message: /403/ });
  client.socket.close();
  await client.closed;
  await until(() => nginx.accessLog().split('"GET /echo HTTP/1.1" ').length === 3);
  t.notRegex(nginx.accessLog(), /a-secret/);
});

test('an unknown path, the metrics and the status are 404 to the public', async (t) => {
  const running = await start(t);
  if (!running) return;
  const { site } = running.nginx;
  t.is((await handshake(site, 'no-such-path')).status, 404);
  t.is((await handshake(site, 'metrics')).status, 404);
  for (const path of [
    'metrics',
    'metrics/',
    '%6Detrics',
    'x/../metrics',
    '/metrics?a',
    'status',
    'status?a',
    'st%61tus',
    'status/',
    'status/connections',
  ]) {
    t.is((await get(site, new URL(path, site.url))).status, 404, path);
  }
  t.notRegex(running.program.output(), /metrics|\/status/, 'the program is not asked');
});

test('who comes with a token is judged by the program: the status opens to operators', async (t) => {
  const file = join(makeDir(t), 'secret');
  writeFileSync(file, secret);
  const program = await startBehind(t, { AUTH_SECRET_FILE: file });
  const nginx = await startNginx(t, { upstream: program.path });
  if (!nginx) return;
  const ask = async (path: string, token: string, method = 'GET') => {
    const headers = { Authorization: `Bearer ${token}`, 'X-Requested-With': 'test' };
    const request = https.request(new URL(path, nginx.site.url), { ...insecure, headers, method, agent: false }).end();
    const [{ statusCode }] = await once(request, 'response');
    request.destroy();
    return statusCode;
  };
  const [operator, other] = [await tokenWith({ operator: ['see', 'close'] }), await tokenWith()];
  for (const path of ['status', 'status/connections', 'metrics']) {
    t.is(await ask(path, operator), 200, path);
    t.is(await ask(path, other), 403, path);
    t.is(await ask(path, 'made.up.token'), 401, path);
  }
  t.is(await ask('status/connections/none/close', operator, 'POST'), 404);
  t.is(await ask('status/connections/none/close', other, 'POST'), 403);
});

test('handshakes of one address are limited, and loading pages does not use them up', async (t) => {
  const running = await start(t);
  if (!running) return;
  const { site } = running.nginx;
  const pages = await Promise.all(Array.from({ length: 200 }, () => get(site, '')));
  t.true(pages.every(({ status }) => status === 200));
  const answers = await Promise.all(Array.from({ length: 200 }, () => handshake(site, '')));
  const accepted = answers.filter(({ status }) => status === 101).length;
  const refused = answers.filter(({ status }) => status === 429).length;
  t.true(accepted > 100, `${accepted} accepted, expected the burst of 100 and one`);
  t.is(accepted + refused, 200);
  t.true(refused > 0);
  t.is((await get(site, '')).status, 200);
});

test('nginx -s reload keeps the open sockets and takes new ones', async (t) => {
  const running = await start(t);
  if (!running) return;
  const before = await connect(t, running.nginx.wss, insecure);
  await running.nginx.reload();
  const after = await connect(t, running.nginx.wss, insecure);
  for (const client of [before, after]) {
    client.send(NAME);
    t.is(await client.next(), GREETING);
  }
});

test('a browser that still has the page of the release before finds its files', async (t) => {
  const program = await startBehind(t);
  const previous = makeDir(t);
  mkdirSync(join(previous, 'assets'));
  writeFileSync(join(previous, 'assets/index-old.js'), 'old();');
  const nginx = await startNginx(t, { upstream: program.path, previous });
  if (!nginx) return;
  const old = await get(nginx.site, 'assets/index-old.js');
  t.is(old.body, 'old();');
  t.regex(old.headers['cache-control'] ?? '', /immutable/);
  const none = await get(nginx.site, 'assets/index-none.js');
  t.is(none.status, 404);
  t.is(none.headers['cache-control'], undefined);
});

test('the read time-out outlasts the heartbeat of the program', (t) => {
  const { config } = loadConfig({});
  const rules = readFileSync(join(root, 'deploy/nginx/text-event-server/server.conf'), 'utf8');
  const timeout = Number(/proxy_read_timeout (\d+)s;/.exec(rules)?.[1]) * 1000;
  t.true(timeout > 2 * (config?.pingInterval ?? Infinity) + (config?.pingTimeout ?? Infinity));
});

test('deploy/check finds nothing wrong with the shipped site', async (t) => {
  const running = await start(t);
  if (!running) return;
  const { nginx } = running;
  const args = ['--insecure', '--idle', '1s', '--http-port', String(nginx.plainPort), nginx.url];
  const { code, output } = await execute(join(root, 'deploy/check'), args);
  t.is(code, 0, output);
  t.is(output.match(/^ok /gm)?.length, 11, output);
});

test('deploy/check names the line that cuts an idle connection', async (t) => {
  const program = await startBehind(t, { PING_INTERVAL: 'off' });
  const rules = { 'proxy_read_timeout 120s;': 'proxy_read_timeout 1s;' };
  const nginx = await startNginx(t, { upstream: program.path, rules });
  if (!nginx) return;
  const args = ['--insecure', '--idle', '20s', '--only', 'idle', nginx.url];
  const { code, output } = await execute(join(root, 'deploy/check'), args);
  t.is(code, 1);
  t.regex(output, /^WRONG +idle +closed with 1006 after [12] s without a word, expected 20 s$/m);
  t.regex(output, /change deploy\/nginx\/text-event-server\/server\.conf:\d+, proxy_read_timeout$/m);
});
