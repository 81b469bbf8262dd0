import { execFile, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { makeCertificate } from './helpers/certificate.ts';
import { connect } from './helpers/client.ts';
import { root, startProgram } from './helpers/program.ts';

const run = promisify(execFile);
const sourceOf = (name: string) => readFileSync(join(root, 'examples', `${name}.js`), 'utf8');

/** Starts an example on a free port and waits for the line that names it; it ends with the test. */
async function start(t: ExecutionContext, name: string, env: Record<string, string> = {}): Promise<number> {
  const child = spawn(process.execPath, [`examples/${name}.js`], {
    cwd: root,
    env: { PATH: process.env.PATH, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('close', resolve));
  t.teardown(async () => {
    child.kill();
    await exited;
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('port ')) return Number(line.slice(5));
  }
  throw new Error(`examples/${name}.js ended without a port`);
}

test('the example of the README greets, and stands there as it is', async (t) => {
  const port = await start(t, 'greeter');
  const client = await connect(t, `ws://127.0.0.1:${port}`);
  client.send('李旺');
  t.is(await client.next(), 'Hello, 李旺');
  t.true(readFileSync(join(root, 'README.md'), 'utf8').includes(sourceOf('greeter')));
});

test('ask: asks, prints the answer and ends; a server that is not there is one line and exit code 1', async (t) => {
  const port = await start(t, 'greeter');
  const ask = (...args: string[]) => run(process.execPath, ['examples/ask.js', ...args], { cwd: root });
  t.is((await ask(`ws://127.0.0.1:${port}`, '李旺')).stdout, 'Hello, 李旺\n');
  const error = await t.throwsAsync<Error & { code: number; stderr: string }>(ask('ws://127.0.0.1:1', 'a'));
  t.is(error?.code, 1);
  t.regex(error?.stderr ?? '', /^connect ECONNREFUSED 127\.0\.0\.1:1\n$/);
});

test('shout: a program for nodejs-websocket answers texts and bytes, and tells the others who left', async (t) => {
  const port = await start(t, 'shout');
  const client = await connect(t, `ws://127.0.0.1:${port}`);
  client.send('hi');
  t.is(await client.next(), 'HI!!!');
  client.send(Buffer.alloc(100_000));
  t.is(await client.next(), 'got 100000 bytes');
  const other = await connect(t, `ws://127.0.0.1:${port}`);
  other.socket.close(4000);
  t.is(await client.next(), 'somebody left with 4000');
});

test('chat: the first line is a name, and each other line goes to everybody with it', async (t) => {
  const port = await start(t, 'chat');
  const ann = await connect(t, `ws://127.0.0.1:${port}`);
  const bob = await connect(t, `ws://127.0.0.1:${port}`);
  ann.send('Ann');
  for (const { next } of [ann, bob]) t.is(await next(), 'Ann came in');
  bob.send('李旺');
  for (const { next } of [ann, bob]) t.is(await next(), '李旺 came in');
  ann.send('hello');
  for (const { next } of [ann, bob]) t.is(await next(), 'Ann: hello');
  ann.socket.close();
  t.is(await bob.next(), 'Ann has left');
  const page = await fetch(`http://127.0.0.1:${port}/`);
  t.is(page.headers.get('content-type'), 'text/html');
  t.regex(await page.text(), /new WebSocket/);
});

test('secure: answers over TLS with the key and the certificate of its environment', async (t) => {
  const certificate = makeCertificate(t);
  if (!certificate) return;
  const port = await start(t, 'secure', { KEY: certificate.keyFile, CERT: certificate.certFile });
  const client = await connect(t, `wss://localhost:${port}`, { ca: certificate.cert });
  client.send('hi');
  t.is(await client.next(), 'in secret: hi');
});

test('attach: the pages of the HTTP server stay beside the WebSockets', async (t) => {
  const port = await start(t, 'attach');
  const client = await connect(t, `ws://127.0.0.1:${port}/live`);
  t.is(await client.next(), 'one of 1');
  t.is(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'a page of its own\n');
});

test('two-paths: each path has its server, with limits and an authorisation of its own', async (t) => {
  const port = await start(t, 'two-paths', { TOKEN: 'secret' });
  const url = `ws://127.0.0.1:${port}`;
  const client = await connect(t, `${url}/lines`);
  client.send('a line');
  t.is(await client.next(), 'a line');
  const headers = { Authorization: 'Bearer secret' };
  const admin = await connect(t, `${url}/admin`, { headers });
  t.is(await admin.next(), '1 on /lines');
  await t.throwsAsync(connect(t, `${url}/admin`), { message: /401/ });
  await t.throwsAsync(connect(t, `${url}/other`), { message: /404/ });
  client.send('x'.repeat(1001));
  t.is((await client.closed).code, 1009);
});

test('room: prints what others say, and publishes what is typed', async (t) => {
  const { ws } = await startProgram(t);
  const enter = (name: string) => {
    const child = spawn(process.execPath, ['examples/room.js', ws, 'lobby', name], { cwd: root });
    t.teardown(() => child.kill());
    return { lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](), say: child.stdin };
  };
  const li = enter('小李');
  t.is((await li.lines.next()).value, '[in lobby as 小李]');
  const wang = enter('小王');
  t.is((await wang.lines.next()).value, '[in lobby as 小王]');
  wang.say.write('你好\n');
  t.is((await li.lines.next()).value, '小王: 你好');
});

test('every example has a test, and at most 40 lines', (t) => {
  const names = readdirSync(join(root, 'examples')).map((file) => file.replace(/\.js$/, ''));
  const tests = readFileSync(join(root, 'test/examples.test.ts'), 'utf8');
  for (const name of names) {
    t.true(new RegExp(`start\\(t, '${name}'|examples/${name}\\.js`).test(tests), name);
    t.true(sourceOf(name).trimEnd().split('\n').length <= 40, name);
  }
});
