import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { jwtVerify } from 'jose';
import { runCommand } from '../helpers/command.ts';
import { startGuardedSite } from '../helpers/guarded-site.ts';
import { tokenWith } from '../helpers/tokens.ts';

function tempFile(t: ExecutionContext, content?: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'text-event-server-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'auth.secret');
  if (content !== undefined) writeFileSync(file, content);
  return file;
}

test('a secret is made once, for its owner alone, and a token is signed with it', async (t) => {
  const file = tempFile(t);
  t.is((await runCommand(t, ['secret', file])).code, 0);
  t.is(statSync(file).mode & 0o777, 0o600);
  const secret = readFileSync(file, 'utf8');
  t.regex(secret, /^[\w-]{64}\n$/);
  const again = await runCommand(t, ['secret', file]);
  t.is(again.code, 1);
  t.regex(again.stderr, /^secret: secret file: cannot write .*: it is there already/);
  t.is(readFileSync(file, 'utf8'), secret);

  const rights = ['--room', 'team-*=read,publish', '--room', 'lobby=read'];
  const operator = ['--operator', 'see'];
  const args = ['--sub', ' 小李 ', '--expires', '2h', '--issuer', 'i', '--audience', 'a', ...rights, ...operator];
  const { code, stdout } = await runCommand(t, ['token', '--secret-file', file, ...args]);
  t.is(code, 0);
  const key = new TextEncoder().encode(secret.trim());
  const { payload } = await jwtVerify(stdout.trim(), key, { algorithms: ['HS256'], issuer: 'i', audience: 'a' });
  t.like(payload, { sub: '小李', rooms: { 'team-*': ['read', 'publish'], lobby: ['read'] }, operator: ['see'] });
  t.is(Number(payload.exp) - Number(payload.iat), 7200);
});

for (const [what, args, says] of [
  ['no secret', ['--sub', 'Ann'], /^token: got no secret, expected --secret-file or AUTH_SECRET_FILE\n$/],
  ['no name', ['--secret-file', 'x'], /^token: required option '--sub <name>' not specified\. See --help\n$/],
  ['a name that is none', ['--sub', '\n'], /name: got an empty one, expected 1 to 32 characters\. See --help\n$/],
  ['no such file', ['--sub', 'Ann', '--secret-file', '/nowhere/x'], /cannot read \/nowhere\/x: it is not there\n$/],
  [
    'a right that there is not',
    ['--sub', 'Ann', '--room', 'a=write'],
    /got the right "write", expected read, publish, /,
  ],
  ['no rights', ['--sub', 'Ann', '--room', 'a'], /Expected a pattern and rights, such as 'team-\*=read,publish'/],
  ['a pattern twice', ['--sub', 'Ann', '--room', 'a=read', '--room', 'a=publish'], /Expected each pattern once/],
  [
    'an operator right that there is not',
    ['--sub', 'Ann', '--operator', 'all'],
    /got the right "all", expected see, close/,
  ],
  ['a time without end', ['--sub', 'Ann', '--expires', 'never'], /Expected a time such as 30m, 12h or 90d/],
] as const) {
  test(`token says in one line what is wrong with ${what}`, async (t) => {
    const { code, stdout, stderr } = await runCommand(t, ['token', ...args]);
    t.is(code, 1);
    t.is(stdout, '');
    t.regex(stderr, says);
    t.is(stderr.split('\n').length, 2);
  });
}

test('a secret that is too short is refused', async (t) => {
  const file = tempFile(t, `${'x'.repeat(31)}\n`);
  const { code, stderr } = await runCommand(t, ['token', '--sub', 'Ann', '--secret-file', file]);
  t.is(code, 1);
  t.regex(
    stderr,
    /got a secret of 31 bytes in .*, expected 32 at least; to make one: text-event-server secret <file>\n$/,
  );
});

test('send, listen and chat come in with a token, as an option or a variable', async (t) => {
  const { ws } = await startGuardedSite(t);
  const room = `${ws}/rooms/lobby`;
  const token = await tokenWith({ rooms: { lobby: ['read', 'publish'] } });
  const without = await runCommand(t, ['send', room, 'hello']);
  t.is(without.code, 2);
  t.regex(without.stderr, /401/);
  t.is((await runCommand(t, ['send', room, 'hello', '--token', token])).code, 0);
  const env = { TEXT_EVENT_TOKEN: token };
  const heard = await runCommand(t, ['listen', `${room}?last=1`, '--count', '1'], '', env);
  t.is(heard.stdout, 'Ann:hello\n');
  t.is((await runCommand(t, ['chat', room], 'hi\n', env)).code, 0);
  t.is((await runCommand(t, ['send', room, 'x'], '', { TEXT_EVENT_TOKEN: '' })).code, 2);
});

test('what is no token is said in one line, without it', async (t) => {
  const { code, stderr } = await runCommand(t, ['send', 'ws://127.0.0.1:9/', 'x', '--token', 'made up']);
  t.is(code, 1);
  t.is(stderr, 'send: the token has characters that none has, such as spaces; was it cut or quoted?\n');
});
