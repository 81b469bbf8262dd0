import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { execute } from '../helpers/pm2.ts';
import { root } from '../helpers/program.ts';

test('npx text-event-server runs in a project that has installed the packed package', async (t) => {
  const project = mkdtempSync(join(tmpdir(), 'text-event-package-'));
  t.teardown(() => rmSync(project, { recursive: true, force: true }));
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const packed = await execute('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', project], {
    cwd: root,
  });
  t.is(packed.code, 0, packed.output);

  // What npm install does with it, without a registry for what it needs.
  const folder = join(project, 'node_modules/text-event-server');
  const commands = join(project, 'node_modules/.bin');
  for (const dir of [folder, commands]) mkdirSync(dir, { recursive: true });
  const tarball = join(project, `text-event-server-${version}.tgz`);
  t.is((await execute('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1'])).code, 0);
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const bin = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).bin['text-event-server'];
  symlinkSync(join('../text-event-server', bin), join(commands, 'text-event-server'));

  t.is(statSync(join(folder, bin)).mode & 0o111, 0o111);
  const ran = await execute('npx', ['--offline', 'text-event-server', '--version'], { cwd: project });
  t.is(ran.code, 0, ran.output);
  t.regex(ran.output, new RegExp(`^${version.replaceAll('.', '\\.')}$`, 'm'));
});
