import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { checks } from '../../src/cli/checks.ts';
import { commandLine } from '../../src/cli/commands.ts';
import { doctorChecks } from '../../src/cli/doctor-checks.ts';
import { checkCodes, exitCodes } from '../../src/cli/exit-codes.ts';
import { localChecks } from '../../src/cli/local-checks.ts';
import { runCommand, startCommand } from '../helpers/command.ts';
import { root } from '../helpers/program.ts';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const docs = readFileSync(join(root, 'docs/cli.md'), 'utf8');
const commands = commandLine(() => {}).commands.filter((command) => command.name() !== 'help');

test('says its version', async (t) => {
  t.deepEqual(await runCommand(t, ['--version']), { code: 0, stdout: `${version}\n`, stderr: '' });
});

test('names every command and exit code in its help, and prints that without a command', async (t) => {
  const { code, stdout } = await runCommand(t, ['--help']);
  t.is(code, 0);
  for (const command of commands) t.regex(stdout, new RegExp(`^ {2}${command.name()} `, 'm'));
  for (const { code, meaning } of Object.values(exitCodes))
    t.regex(stdout, new RegExp(`^ {2}${code} +${meaning}$`, 'm'));
  t.deepEqual(await runCommand(t, []), { code: 1, stdout: '', stderr: stdout });
});

for (const command of commands) {
  const name = command.name();
  test(`${name} --help has an example, and docs/cli.md has its options`, async (t) => {
    const { code, stdout } = await runCommand(t, [name, '--help']);
    t.is(code, 0);
    t.true(docs.includes(`\n## ${name}\n`));
    if (name === 'serve') {
      t.regex(stdout, /PORT \(--port\), default 8088/);
      return;
    }
    t.regex(stdout, new RegExp(`Examples?:\n.*text-event-server ${name} `, 's'));
    t.true(command.options.length > 4 || name === 'secret');
    for (const { long } of command.options) t.true(docs.includes(`\`${long}`), `${name} ${long}`);
  });
}

test('docs/cli.md has a row for every exit code', (t) => {
  for (const { code, meaning } of [...Object.values(exitCodes), ...Object.values(checkCodes)]) {
    t.true(docs.includes(`\n| ${code} | ${meaning}`), `${code} ${meaning}`);
  }
});

test('the help of check and doctor, and docs/cli.md, name every check', async (t) => {
  const { idle, ...rest } = checks;
  const all = { ...rest, ...doctorChecks, idle };
  for (const [command, names] of [
    ['check', Object.keys(checks).join(', ')],
    [
      'doctor',
      `${Object.keys(all).join(', ')}; with --room: room; with --local: ${Object.keys(localChecks).join(', ')}`,
    ],
  ] as const) {
    const help = (await runCommand(t, [command, '--help'])).stdout.replace(/\s+/g, ' ');
    t.true(help.includes(names), help);
  }
  for (const name of [...Object.keys({ ...all, ...localChecks }), 'room']) t.true(docs.includes(`\`${name}\``), name);
});

const mistakes: [args: string[], says: RegExp][] = [
  [['lissen'], /^text-event-server: unknown command 'lissen' \(Did you mean listen\?\) See --help\n$/],
  [['send'], /^send: missing required argument 'url'\. See --help\n$/],
  [['send', 'localhost'], /^send: .*'localhost' is invalid.* Expected an address such as ws:\/\/.*\n$/],
  [['listen', 'ftp://localhost/'], /^listen: .*'ftp:\/\/localhost\/' is invalid.* Expected an address.*\n$/],
  [['listen', '--cuont', '1', 'ws://a'], /^listen: unknown option '--cuont' \(Did you mean --count\?\) See --help\n$/],
  [['listen', '--count', '0', 'ws://a'], /^listen: .*'0' is invalid\. Expected a whole number from 1 to 1000000000\. /],
  [['send', '--wait', '5', 'ws://a', 'b'], /^send: .*'5' is invalid\. Expected a time such as 500ms, 10s or 2m/],
  [['send', '--count', '1', 'ws://a', 'b'], /^send: --count needs --wait\. See --help\n$/],
  [['listen', '--header', 'Origin', 'ws://a'], /^listen: .*'Origin' is invalid\. Expected a header field such as /],
  [['chat', '--ping', '0s', 'ws://a'], /^chat: .*'0s' is invalid\. Expected a time of 1ms or more\./],
  [['bench', '--size', '8', 'ws://a'], /^bench: .*'8' is invalid\. Expected a whole number from 32 to 1048576\./],
  [
    ['bench', '--connections', '1000', '--rate', '1000', 'ws://a'],
    /^bench: --connections 1000 × --rate 1000: got 1000000 messages per second, expected 100000 or fewer\n$/,
  ],
  [
    ['bench', '--connections', '1000', '--rate', '100', '--seconds', '60', 'ws://a'],
    /^bench: got 6000000 messages in all, expected 5000000 or fewer; see --seconds\n$/,
  ],
  [['serve', '--prot', '1'], /^Unknown option '--prot'.*See --help\n$/],
];

for (const [args, says] of mistakes) {
  test(`ends with one line and exit code 1: ${args.join(' ')}`, async (t) => {
    const { code, stdout, stderr } = await runCommand(t, args);
    t.is(code, 1, stderr);
    t.is(stdout, '');
    t.regex(stderr, says);
    t.is(stderr.split('\n').length, 2, stderr);
  });
}

for (const command of ['send', 'listen', 'chat', 'bench']) {
  test(`${command} ends with exit code 2 where nothing listens`, async (t) => {
    const { code, stderr } = await runCommand(t, [command, 'ws://127.0.0.1:1/']);
    t.is(code, 2);
    t.regex(stderr, /^\w+: (connection 1 of 10: )?ws:\/\/127\.0\.0\.1:1\/: nothing listens there \(ECONNREFUSED\)\n$/);
  });
}

test('serve runs the server with the flags of its settings', async (t) => {
  const { child, printed, exited, stdout } = startCommand(
    t,
    'serve',
    '--port',
    '0',
    '--host',
    '127.0.0.1',
    '--data-dir',
    '.',
  );
  await printed(/socket +ws:\/\//);
  const [, page] = /page +(\S+)/.exec(stdout()) as unknown as [string, string];
  t.is((await fetch(`${page}readyz`)).status, 200);
  child.kill('SIGTERM');
  t.deepEqual(await exited, { code: 0, signal: null });
});

test('a command does not load the parts of a server', (t) => {
  for (const file of ['main', 'send', 'listen', 'chat', 'bench']) {
    const packages = packagesOf(join(root, `dist/cli/${file}.js`));
    t.deepEqual(
      [...packages].sort().filter((name) => !['commander', 'nodejs-websocket'].includes(name)),
      [],
      file,
    );
  }
  t.true(packagesOf(join(root, 'dist/program.js')).has('fastify'), 'the search finds packages');
});

/** Packages that a built file, and the files that it imports, cannot do without. */
function packagesOf(path: string, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  if (seen.has(path)) return packages;
  seen.add(path);
  for (const [, specifier] of readFileSync(path, 'utf8').matchAll(
    /^(?:import|export)\b(?:[^;'"]*\bfrom)?\s*['"]([^'"]+)['"];/gm,
  )) {
    if (specifier?.startsWith('node:')) continue;
    const found = specifier?.startsWith('.')
      ? packagesOf(join(dirname(path), specifier), seen)
      : [specifier?.split('/')[0] as string];
    for (const name of found) packages.add(name);
  }
  return packages;
}
