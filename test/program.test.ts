import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { retryAfterOf } from '../src/retry-after.ts';
import { connect } from './helpers/client.ts';
import { root, runProgram, startProgram } from './helpers/program.ts';
import { until } from './helpers/server.ts';

function tempDir(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'text-event-server-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

test('prints what a person needs, serves, and stops with exit code 0', async (t) => {
  const { ws, url, port, output, stop } = await startProgram(t);
  t.regex(output(), /开始建立连接\.\.\./);
  t.regex(output(), new RegExp(`page +${url}\n`));
  t.regex(output(), new RegExp(`socket +${ws}\n`));
  const client = await connect(t, `ws://127.0.0.1:${port}`);
  client.send('李旺');
  t.is(await client.next(), '服务端已收到消息:李旺服务端发来消息: Hello,李旺');
  await until(() => output().includes('收到的消息是:李旺'));
  t.deepEqual(await stop(), { code: 0, signal: null });
  const { code, reason } = await client.closed;
  t.is(code, 1012);
  // One client of 500 in a second has 2 ms.
  t.regex(reason, /^service restart; retry after [01] ms$/);
});

test('logs JSON in production, and message texts only at level debug', async (t) => {
  for (const [logLevel, shown] of [
    ['info', false],
    ['debug', true],
  ] as const) {
    const { ws, output, stop } = await startProgram(t, { NODE_ENV: 'production', LOG_LEVEL: logLevel });
    const client = await connect(t, ws);
    client.send('李旺');
    await client.next();
    await stop('SIGINT');
    const lines = output()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    t.is(lines[0].msg, '开始建立连接...');
    t.is(
      lines.some(({ msg }) => msg === '收到的消息是:李旺'),
      shown,
    );
    t.like(
      lines.find(({ msg }) => msg === 'connection closed'),
      { path: '/', code: 1012 },
    );
  }
});

test('shows control characters of a client in its log as text', async (t) => {
  const { ws, output } = await startProgram(t);
  const client = await connect(t, ws);
  client.send('\x1b[2J\nfake line');
  await client.next();
  await until(() => output().includes('fake line'));
  t.true(output().includes('\\x1b[2J\\x0afake line'));
});

for (const [how, stop] of [
  ['SIGINT', (child) => child.kill('SIGINT')],
  ['SIGTERM', (child) => child.kill('SIGTERM')],
  ['the shutdown message', (child) => child.send('shutdown')],
] as [string, (child: Awaited<ReturnType<typeof startProgram>>['child']) => void][]) {
  test(`stops at ${how} within its time although a client does not answer`, async (t) => {
    const { child, ws, exited } = await startProgram(t, { DRAIN_TIME: '1s', CLOSE_TIMEOUT: '1m' });
    const { socket } = await connect(t, ws);
    socket.pause();
    stop(child);
    t.deepEqual(await exited, { code: 0, signal: null });
  });
}

test('tells clients to come back as slowly as it is set, and does not wait for that itself', async (t) => {
  const { ws, stop } = await startProgram(t, { RECONNECTS_PER_SECOND: '1', DRAIN_TIME: '1h' });
  const clients = await Promise.all([connect(t, ws), connect(t, ws), connect(t, ws)]);
  t.deepEqual(await stop(), { code: 0, signal: null });
  const told = await Promise.all(clients.map(async ({ closed }) => retryAfterOf((await closed).reason) ?? -1));
  t.deepEqual(
    told.sort((a, b) => a - b).map((afterMs) => Math.floor(afterMs / 1000)),
    [0, 1, 2],
  );
});

test('says that it is ready, to whoever started it and over HTTP', async (t) => {
  const { child, output, printedLine } = runProgram(t);
  const messages: unknown[] = [];
  child.on('message', (message) => messages.push(message));
  const [, page] = await printedLine(/page +(\S+)/);
  await until(() => messages.length > 0);
  t.deepEqual(messages, ['ready']);
  t.is((await fetch(`${page}readyz`)).status, 200);
  const health = await (await fetch(`${page}healthz`)).json();
  t.like(health, { status: 'ok', pid: child.pid, connections: 0 });
  t.notRegex(output(), /rror/);
});

/** What others set where this program runs: shells, systemd, PM2, npm, containers, and programs that it stands beside. */
const otherVariables = Object.fromEntries(
  `HOSTNAME HOSTTYPE MACHTYPE LOGNAME PORTS HOSTS SHELL_SESSION_ID NODE_PATH NODE_ENVIRONMENT NODE_EXTRA_CA_CERTS REDIS_HOST REDIS_PORT
   REDIS_PORT_6379_TCP REDIS_SERVICE_HOST REDIS_DB AUTH_TOKEN DATABASE_URL DATABASE_DIR XDG_DATA_DIRS XDG_DATA_HOME LISTEN_FDS NOTIFY_SOCKET
   INVOCATION_ID JOURNAL_STREAM MEMORY_PRESSURE_WATCH INSTANCES MAX_MEMORY PM2_HOME PM2_USAGE PM2_JSON_PROCESSING NODE_APP_INSTANCE
   npm_config_loglevel npm_lifecycle_event LANGUAGE SSH_CONNECTION COLORTERM TERM_PROGRAM LOG_DIR LOG_FILE MAX_JOBS KUBERNETES_PORT
   TEXT_EVENT_TOKEN HTTP_PROXY NO_PROXY TRUSTED_PROXIES OLDPWD WINDOWID HISTFILESIZE HISTCONTROL`
    .split(/\s+/)
    .map((name) => [name, 'x']),
);

const mistakes: { name: string; env?: Record<string, string>; args?: string[]; says: RegExp }[] = [
  {
    name: 'a port out of range',
    env: { PORT: '70000' },
    says: /^PORT: got "70000", expected a whole number from 0 to 65535\n$/,
  },
  {
    name: 'an unknown handler',
    env: { ROOT_HANDLER: 'grett' },
    says: /^ROOT_HANDLER: got "grett", expected one of greet/,
  },
  {
    name: 'a bad origin',
    env: { ALLOWED_ORIGINS: 'example.com' },
    says: /^ALLOWED_ORIGINS: got "example.com", expected \*/,
  },
  { name: 'an unknown flag', args: ['--prot', '1'], says: /^Unknown option '--prot'.*See --help\n$/ },
  {
    name: 'an address of another machine',
    env: { HOST: '203.0.113.1' },
    says: /^Cannot listen on port 0 on 203\.0\.113\.1: no such address/,
  },
  {
    name: 'a data folder that cannot be',
    env: { DATA_DIR: '/dev/null/data' },
    says: /^DATA_DIR: cannot use \/dev\/null\/data: it is, or lies below, a file/,
  },
  {
    name: 'a Unix socket in no folder',
    env: { SOCKET_PATH: '/nowhere/socket' },
    says: /^Cannot listen on the Unix socket \/nowhere\/socket: its folder does not exist, or .*\n$/,
  },
];

for (const { name, env, args, says } of mistakes) {
  test(`ends with one line and exit code 1 for ${name}`, async (t) => {
    const { exited, output } = runProgram(t, env, args);
    t.deepEqual(await exited, { code: 1, signal: null });
    t.regex(output(), says);
    t.notRegex(output(), /\n {4}at /, 'no stack');
  });
}

test('says who to look for when the port is taken', async (t) => {
  const { port } = await startProgram(t);
  const { exited, output } = runProgram(t, { PORT: String(port) });
  t.is((await exited).code, 1);
  t.is(
    output(),
    `Cannot listen on port ${port} on 127.0.0.1: taken by another program; see which: ss -ltnp 'sport = :${port}'; or choose another: PORT=${port + 1}\n`,
  );
});

test('says what to do when a port below 1024 is not for this user', async (t) => {
  if (process.getuid?.() !== 0) {
    const { exited, output } = runProgram(t, { PORT: '80' });
    await exited;
    t.regex(output(), /port 80 on 127\.0\.0\.1: no permission; ports below 1024 are for root/);
    return;
  }
  // Root may listen anywhere, and a machine may allow all ports to all: ask in a network of its own, as somebody else.
  const command = [
    '--net',
    'sh',
    '-c',
    'ip link set lo up 2>/dev/null; exec "$@"',
    'sh',
    'setpriv',
    '--reuid=65534',
    '--clear-groups',
  ];
  const dataDir = tempDir(t);
  execFileSync('chown', ['65534', dataDir]);
  const error = t.throws(() =>
    execFileSync('unshare', [...command, process.execPath, join(root, 'dist/main.js')], {
      cwd: dataDir,
      env: { PATH: process.env.PATH, PORT: '80', DATA_DIR: dataDir, NODE_V8_COVERAGE: '' },
      stdio: 'pipe',
      encoding: 'utf8',
    }),
  ) as unknown as { status: number; stderr: string };
  t.is(error.status, 1);
  t.regex(
    error.stderr,
    /^Cannot listen on port 80 on all interfaces: no permission; ports below 1024 are for root.*\n$/,
  );
});

test('prints help with every variable, and its version', async (t) => {
  const help = runProgram(t, {}, ['--help']);
  t.is((await help.exited).code, 0);
  t.regex(help.output(), /PORT \(--port\), default 8088/);
  const version = runProgram(t, {}, ['--version']);
  t.is((await version.exited).code, 0);
  t.regex(version.output(), /^\d+\.\d+\.\d+\n$/);
});

test('takes a flag before the environment, and the environment before .env', async (t) => {
  const dir = tempDir(t);
  writeFileSync(join(dir, '.env'), 'LOG_LEVEL=loud\nPORT=file\nROOT_HANDLER=file\n');
  const { exited, output } = runProgram(t, { PORT: 'environment', LOG_LEVEL: 'info' }, ['--port', 'flag'], {
    cwd: dir,
  });
  await exited;
  t.regex(output(), /^PORT: got "flag".*\nROOT_HANDLER: got "file".*\n$/);
});

test('says of a variable that is nearly one of its own which that is, and starts', async (t) => {
  const cwd = tempDir(t);
  writeFileSync(join(cwd, '.env'), 'MAX_CONNECTION=2\nDRAINTIME=\nSHOE_SIZE=43\n');
  const env = { PINGINTERVAL: '1m', REDIS_ULR: 'redis://:tell-nobody@h', MAX_BUFFERD_BYTE: '1KiB' };
  const { output, printedLine } = runProgram(t, env, [], { cwd });
  await printedLine(/socket +ws:/);
  const said = output()
    .split('\n')
    .filter((line) => /variable|setting/.test(line));
  t.deepEqual(said.sort(), [
    '.env: DRAINTIME, SHOE_SIZE: not a setting of this program',
    '.env: MAX_CONNECTION is no variable of this program; MAX_CONNECTIONS is',
    'MAX_BUFFERD_BYTE is no variable of this program; MAX_BUFFERED_BYTES is',
    'PINGINTERVAL is no variable of this program; PING_INTERVAL is',
    'REDIS_ULR is no variable of this program; REDIS_URL is',
  ]);
  t.notRegex(output(), /tell-nobody/);
});

test('says nothing of variables of others, or beside the one that they are like', async (t) => {
  const { output, stop } = await startProgram(t, {
    ...otherVariables,
    // Beside its own.
    LOGLEVEL: 'x',
    LOG_LEVEL: 'info',
    // Empty, as a unit file may leave it.
    METRIC: ' ',
  });
  await stop();
  t.notRegex(output(), /variable/);
});

test('listens on a Unix socket beside the port, and takes over a file that nobody answers on', async (t) => {
  const path = join(tempDir(t), 'socket');
  const first = await startProgram(t, { SOCKET_PATH: path });
  t.is(statSync(path).mode & 0o777, 0o660);
  await first.stop('SIGKILL');
  t.true(existsSync(path), 'a killed process leaves its file');

  const second = await startProgram(t, { SOCKET_PATH: path });
  const client = await connect(t, `ws+unix://${path}:/`);
  client.send('a');
  t.is(await client.next(), '服务端已收到消息:a服务端发来消息: Hello,a');

  const third = runProgram(t, { SOCKET_PATH: path });
  t.is((await third.exited).code, 1);
  t.regex(third.output(), /Cannot listen on the Unix socket .*: taken by another program that answers there\n$/);
  t.deepEqual(await second.stop(), { code: 0, signal: null });
  t.false(existsSync(path), 'a stopped process takes its file along');
});

test('keeps serving when what reads its output goes away', async (t) => {
  const { child, ws } = await startProgram(t);
  child.stdout?.destroy();
  child.stderr?.destroy();
  for (let i = 0; i < 3; i++) {
    const client = await connect(t, ws);
    client.send('still');
    t.regex(await client.next(), /Hello,still/);
    client.socket.close();
    await once(client.socket, 'close');
  }
});

test('serves HTTP clients that come while it stops with a 503 or not at all', async (t) => {
  const { child, ws, url, exited, port } = await startProgram(t, { DRAIN_TIME: '1s' });
  const { socket } = await connect(t, ws);
  const idle = net.connect(port, '127.0.0.1');
  await once(idle, 'connect');
  socket.pause();
  child.kill('SIGTERM');
  await exited;
  await t.throwsAsync(fetch(url));
});

test('ends with npm start when that is told to stop, and leaves no server behind', async (t) => {
  const dir = tempDir(t);
  const npm = spawn('npm', ['start', '--silent', '--', '--port', '0', '--data-dir', dir], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => npm.kill('SIGKILL'));
  let output = '';
  npm.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  await until(() => /socket +\S+/.test(output));
  const url = String(output.match(/page +(\S+)/)?.[1]);
  t.is((await fetch(`${url}readyz`)).status, 200);
  npm.kill('SIGTERM');
  // Its output ends when the last process that holds it has ended.
  await once(npm, 'close');
  await t.throwsAsync(fetch(url));
});
