import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openTab } from '../helpers/browser.ts';
import { freePorts, startNginx } from '../helpers/nginx.ts';
import { BUILT, copyProject, type Installation, install, type Outcome, SOURCES } from '../helpers/pm2.ts';
import { startTrickle } from '../helpers/trickle.ts';

/** A folder as if it had been built elsewhere, with a line put before the program's first. */
function buildElsewhere(site: Installation, name: string, firstLine = ''): string {
  const folder = join(site.root, '..', name);
  copyProject(folder, BUILT);
  const main = join(folder, 'dist/main.js');
  writeFileSync(main, `${firstLine}\n${readFileSync(main, 'utf8')}`);
  return folder;
}

/** An installation whose first release is in service. */
async function installRelease(t: ExecutionContext, parts: string[]): Promise<Installation> {
  const site = await install(t, parts);
  const { code, output } = await site.run('deploy/update', buildElsewhere(site, 'first'));
  t.is(code, 0, output);
  return site;
}

const EXIT = 'process.stderr.write("no database\\n"); process.exit(3);';
const HANG = 'await new Promise(() => setInterval(() => {}, 1e6));';

const current = (site: Installation) => readlinkSync(join(site.root, 'current'));

/** The build takes the packages of the release in service where the lock file is the same: nothing is downloaded. */
function useOwnPackages(site: Installation): void {
  cpSync(join(site.root, 'package-lock.json'), join(site.root, 'current/package-lock.json'));
}

test('deploy/update builds a release, brings it into service and goes back, and no handshake through Nginx is refused', async (t) => {
  const site = await installRelease(t, SOURCES);
  useOwnPackages(site);
  const nginx = await startNginx(t, { upstream: site.socketPath, pages: join(site.root, 'current/dist/pages') });
  if (!nginx) return;
  const first = { ...(await site.health()), release: current(site) };

  const trickle = startTrickle(nginx.wss.replace('localhost', '127.0.0.1'));
  const update = await site.run('deploy/update');
  t.is(update.code, 0, update.output);
  const second = { ...(await site.health()), release: current(site) };
  t.not(second.pid, first.pid);
  t.not(second.release, first.release);
  t.is(readlinkSync(join(site.root, 'previous')), first.release);

  const back = await site.run('deploy/update', '--back');
  t.is(back.code, 0, back.output);
  t.is(current(site), first.release);
  t.not((await site.health()).pid, second.pid);
  const { greeted, failures } = await trickle.stop();
  t.log(`${greeted} greeted, ${JSON.stringify(failures)} failed in two reloads`);
  t.deepEqual(failures, {});

  const tab = await openTab(t, { ignoreHTTPSErrors: true });
  if (!tab) return;
  await tab.page.goto(nginx.url);
  await tab.page.fill('#m', '李旺');
  await tab.page.getByRole('button', { name: '发送' }).click();
  await tab.page.locator('#result').getByText('服务端已收到消息:李旺服务端发来消息: Hello,李旺').waitFor();
  t.deepEqual(tab.complaints, []);
});

/**
 * Tries to bring a build into service that does not work. The limits are short where it will not come up anyway.
 * @param startLimit seconds that its trial may take
 */
function updateToBad(site: Installation, startLimit: number, ...args: string[]): Promise<Outcome> {
  return site.run('env', `START_LIMIT=${startLimit}`, 'RELOAD_LIMIT=5', 'deploy/update', ...args);
}

test('a build that fails before the reload is not brought into service', async (t) => {
  const site = await installRelease(t, SOURCES);
  const release = current(site);
  const { pid } = await site.health();
  const builds: [how: string, output: RegExp, args: string[]][] = [
    ['exits', /does not start; nothing was changed.*\nno database/, [buildElsewhere(site, 'exits', EXIT)]],
    ['hangs', /does not start; nothing was changed/, [buildElsewhere(site, 'hangs', HANG)]],
    ['does not compile', /TS2322.*\n(.*\n)*update: the build failed; nothing was changed/, []],
  ];
  useOwnPackages(site);
  appendFileSync(join(site.root, 'src/main.ts'), 'const wrong: number = "text";\n');
  for (const [how, said, args] of builds) {
    const { code, output } = await updateToBad(site, 5, ...args);
    t.is(code, 1, how);
    t.regex(output, said, how);
    t.is((await site.health()).pid, pid, how);
    t.is(current(site), release, how);
  }
  t.deepEqual(readdirSync(join(site.root, 'releases')), ['.lock', basename(release)]);
});

for (const [how, line] of [
  ['exits', EXIT],
  ['hangs', HANG],
  // One byte is enough for the trickle's nickname, but not for the one of deploy/check.
  ['greets only some', "process.env.MAX_MESSAGE_BYTES = '1B';"],
] as const) {
  test(`a build that ${how} under PM2 alone leaves the old one serving, and no handshake is refused`, async (t) => {
    const site = await installRelease(t, BUILT);
    const release = current(site);
    const trickle = startTrickle(site.ws);
    t.teardown(() => trickle.stop());
    const { code, output } = await updateToBad(
      site,
      60,
      buildElsewhere(site, 'bad', `if (process.env.pm_id) { ${line} }`),
    );
    t.is(code, 1, output);
    t.regex(output, /the old build serves on/);
    const { greeted, failures } = await trickle.stop();
    t.log(`${greeted} greeted, ${JSON.stringify(failures)} failed`);
    t.deepEqual(failures, {}, output);
    t.is(current(site), release);
    const check = await site.run('deploy/check', '--quick', '--origin', 'off', site.url);
    t.is(check.code, 0, check.output);
  });
}

test('deploy/update refuses a HOST of another machine, before it builds anything', async (t) => {
  // Of a range for documentation: no machine has it.
  const site = await install(t, BUILT, { HOST: '203.0.113.7' });
  const { code, output } = await site.run('deploy/update');
  t.is(code, 1);
  t.is(output, 'update: HOST=203.0.113.7: nothing can listen there on this machine\n');
});

test('deploy/update says what keeps the new build from being ready', async (t) => {
  const [port] = await freePorts(1);
  const site = await install(t, BUILT, { REDIS_URL: `redis://127.0.0.1:${port}` });
  const { code, output } = await site.run('deploy/update', buildElsewhere(site, 'first'));
  t.is(code, 0, output);
  t.regex(output, /update: it serves, but is not ready: .*Redis: it cannot be reached/);
});

test('deploy/update refuses to run in a release, twice at once, or beside a program that it did not start', async (t) => {
  const site = await install(t, BUILT);
  mkdirSync(join(site.root, 'releases'));
  symlinkSync('..', join(site.root, 'releases/one'));
  const inRelease = await site.run('env', '-C', join(site.root, 'releases'), 'one/deploy/update', '--back');
  t.is(inRelease.code, 1, inRelease.output);

  const locked = await site.run('flock', join(site.root, 'releases/.lock'), 'deploy/update');
  t.is(locked.code, 1);
  t.regex(locked.output, /another update is running/);

  await site.pm2('start');
  const { code, output } = await site.run('deploy/update', buildElsewhere(site, 'first'));
  t.is(code, 1);
  t.regex(output, /PM2 runs .*\/dist\/main\.js .* pm2 delete text-event-server/);
});
