import { readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { connect } from '../helpers/client.ts';
import { BUILT, install } from '../helpers/pm2.ts';
import { until } from '../helpers/server.ts';
import { startTrickle } from '../helpers/trickle.ts';

const NAME = '李旺';
const GREETING = '服务端已收到消息:李旺服务端发来消息: Hello,李旺';

test('pm2 start in the root greets, it comes back by pm2 resurrect, and pm2 stop and kill leave no process behind', async (t) => {
  const site = await install(t, BUILT);
  const start = await site.pm2('start');
  t.is(start.code, 0, start.output);
  const client = await connect(t, site.ws);
  client.send(NAME);
  t.is(await client.next(), GREETING);

  // As at a boot of the machine.
  await site.pm2('save');
  await site.pm2('kill');
  t.is((await client.closed).code, 1012);
  await site.pm2('resurrect');
  const again = await connect(t, site.ws);

  const worker = (await site.health()).pid;
  t.true(site.processes().includes(worker));
  await site.pm2('stop', 'text-event-server');
  t.is((await again.closed).code, 1012);
  t.false(site.processes().includes(worker));
  await t.throwsAsync(site.health());
  await site.pm2('kill');
  await until(() => site.processes().length === 0);
});

test('pm2 start without a build says what to do', async (t) => {
  const site = await install(t, BUILT);
  rmSync(join(site.root, 'dist'), { recursive: true });
  const { code, output } = await site.pm2('start');
  t.is(code, 1);
  t.regex(output, /dist\/main\.js is missing: run "npm run build" first/);
});

test('a reload under a trickle of new connections refuses no handshake', async (t) => {
  const site = await install(t, BUILT);
  await site.pm2('start');
  let { pid } = await site.health();
  const trickle = startTrickle(site.ws);
  for (let round = 0; round < 3; round++) {
    const client = await connect(t, site.ws);
    const { code, output } = await site.pm2('reload', 'text-event-server');
    t.is(code, 0, output);
    t.is((await client.closed).code, 1012);
    const successor = await site.health();
    t.not(successor.pid, pid);
    ({ pid } = successor);
  }
  const { greeted, failures } = await trickle.stop();
  t.log(`${greeted} greeted, ${JSON.stringify(failures)} failed in 3 reloads`);
  t.deepEqual(failures, {});
  t.true(greeted > 100);
});

test('a process that is killed comes back, on its port and its Unix socket', async (t) => {
  const site = await install(t, BUILT);
  await site.pm2('start');
  const { pid } = await site.health();
  process.kill(pid, 'SIGKILL');
  await site.successorOf(pid);
  for (const url of [site.ws, `ws+unix:${site.socketPath}:/`]) {
    const client = await connect(t, url);
    client.send(NAME);
    t.is(await client.next(), GREETING);
  }
});

test('it comes back when PM2 itself was killed and left the file of the Unix socket', async (t) => {
  const site = await install(t, BUILT);
  await site.pm2('start');
  for (const pid of site.processes()) process.kill(pid, 'SIGKILL');
  await until(() => site.processes().length === 0);
  t.true(statSync(site.socketPath).isSocket());
  const { code, output } = await site.pm2('start');
  t.is(code, 0, output);
  const client = await connect(t, `ws+unix:${site.socketPath}:/`);
  client.send(NAME);
  t.is(await client.next(), GREETING);
});

test('log lines carry their time, and SIGUSR2 to PM2 begins a new file', async (t) => {
  const site = await install(t, BUILT);
  await site.pm2('start');
  const file = join(site.root, 'logs/out.log');
  const [first = ''] = readFileSync(file, 'utf8').split('\n');
  const [, time = '', line = ''] = /^(\S+): (\{.*\})$/.exec(first) ?? [];
  t.true(Math.abs(Date.now() - Date.parse(time)) < 60_000, first);
  t.is(JSON.parse(line).msg, '开始建立连接...');

  renameSync(file, `${file}.1`);
  process.kill(Number(readFileSync(join(site.root, '../pm2/pm2.pid'), 'utf8')), 'SIGUSR2');
  await until(() => statSync(file, { throwIfNoEntry: false }) !== undefined);
  await connect(t, site.ws);
  await until(() => readFileSync(file, 'utf8').includes('connection opened'));
  t.pass();
});
