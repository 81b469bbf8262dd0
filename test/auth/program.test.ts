import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { connect } from '../helpers/client.ts';
import { runCommand } from '../helpers/command.ts';
import { runProgram, startProgram } from '../helpers/program.ts';
import { speak } from '../helpers/rooms.ts';

function secretFile(t: ExecutionContext, content: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'text-event-server-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'secret'), content);
  return join(dir, 'secret');
}

const WARNING = /whoever reaches this port may read and publish everything/;

test('the program takes the tokens that its command line makes, and logs none', async (t) => {
  const AUTH_SECRET_FILE = secretFile(t, 'x'.repeat(40));
  const { ws, url, output, stop } = await startProgram(t, { AUTH_SECRET_FILE, LOG_LEVEL: 'trace' });
  const rights = ['--room', '*=read,publish', '--secret-file', AUTH_SECRET_FILE];
  const { stdout } = await runCommand(t, ['token', '--sub', '小李', ...rights]);
  const token = stdout.trim();
  const events = `${url}rooms/lobby/events`;
  t.is((await fetch(events)).status, 401);
  t.is((await fetch(`${events}?token=${token}`)).status, 200);
  t.is((await fetch(`${events}?token=${token}x`)).status, 401);
  const inQuery = await speak(t, `${ws}rooms/lobby?token=${token}`);
  t.is((await inQuery.nextOf('welcome')).name, '小李');
  const offered = await connect(t, `${ws}rooms/lobby`, {}, ['text-event.v1.json', `text-event.token.${token}`]);
  await offered.next();
  offered.send(JSON.stringify({ type: 'auth', token }));
  while (JSON.parse(await offered.next()).type !== 'renewed');
  await t.throwsAsync(connect(t, `${ws}rooms/lobby?token=${token}x`), { message: /401/ });
  await connect(t, `${ws}chat`);
  await stop();
  t.true(output().includes('connection opened'));
  t.false(output().includes(token.slice(0, 20)));
  t.notRegex(output(), WARNING);
});

for (const [what, env, says] of [
  [
    'a secret that is not there',
    { AUTH_SECRET_FILE: '/nowhere/x' },
    /^secret file: cannot read \/nowhere\/x: it is not there\n$/,
  ],
  [
    'public keys over plain http',
    { AUTH_JWKS_URL: 'http://id.example/keys' },
    /^AUTH_JWKS_URL: got .*, expected an https address/,
  ],
  [
    'a place that is none',
    { ANONYMOUS_ACCESS: '/chat lobby' },
    /^ANONYMOUS_ACCESS: got "lobby", expected all, off, auto, or paths/,
  ],
  ['rights of a path', { ANONYMOUS_ACCESS: '/chat=read' }, /^ANONYMOUS_ACCESS: got "\/chat=read", expected/],
  [
    'a right that there is not',
    { ANONYMOUS_ACCESS: '/rooms/a=write' },
    /^ANONYMOUS_ACCESS: rooms: got the right "write", expected read/,
  ],
] as const) {
  test(`the program ends with one line for ${what}`, async (t) => {
    const { exited, output } = runProgram(t, env);
    t.is((await exited).code, 1);
    t.regex(output(), says);
    t.is(output().split('\n').length, 2);
  });
}

test('in production an open port is warned of, unless it is meant or of this machine alone', async (t) => {
  const env = { NODE_ENV: 'production', HOST: '0.0.0.0' };
  const { printedLine, output } = await startProgram(t, env);
  await printedLine(WARNING);
  t.regex(output(), /"level":40,[^\n]*whoever reaches this port/);
  const behind = await startProgram(t, { ...env, HOST: '127.0.0.1', TRUST_PROXY: 'loopback' });
  await behind.printedLine(WARNING);
  for (const settings of [
    { ...env, HOST: '127.0.0.1' },
    { ...env, ANONYMOUS_ACCESS: 'all' },
    { ...env, ANONYMOUS_ACCESS: 'off' },
    { HOST: '0.0.0.0' },
  ]) {
    const program = await startProgram(t, settings);
    await program.stop();
    t.notRegex(program.output(), WARNING);
  }
});
