import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { connect } from '../helpers/client.ts';
import { runCommand } from '../helpers/command.ts';
import { type Program, startProgram } from '../helpers/program.ts';
import { secret, tokenWith } from '../helpers/tokens.ts';
import { until } from '../helpers/until.ts';

/** What a proxy adds: the request is of somebody else's machine. */
const ELSEWHERE = { 'X-Forwarded-For': '192.0.2.1' };
const CHALLENGE = 'Bearer realm="text-event-server"';

async function start(t: ExecutionContext) {
  const dir = mkdtempSync(join(tmpdir(), 'text-event-server-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'secret');
  writeFileSync(file, secret);
  return { file, program: await startProgram(t, { AUTH_SECRET_FILE: file, LOG_LEVEL: 'trace' }) };
}

/** Everything that is for operators, asked for from elsewhere: status, connections, metrics, and to close a connection of this id. */
async function askFor({ url }: Program, token: string | undefined, id = 'none') {
  const headers = { ...ELSEWHERE, 'X-Requested-With': 'test', ...(token && { Authorization: `Bearer ${token}` }) };
  const ask = (path: string, method = 'GET') => fetch(`${url}${path}`, { headers, method });
  const answers = await Promise.all(['status', 'status/connections', 'metrics'].map((path) => ask(path)));
  return [...answers, await ask(`status/connections/${id}/close`, 'POST')];
}

const statuses = (answers: Response[]) => answers.map(({ status }) => status);

for (const [what, token, expected, challenge] of [
  ['no token', async () => undefined, 401, CHALLENGE],
  ['a token of another key', () => tokenWith({ operator: ['see', 'close'] }, new Uint8Array(40)), 401, CHALLENGE],
  [
    'a token that has expired',
    () => tokenWith({ operator: ['see', 'close'], exp: 1 }),
    401,
    `${CHALLENGE}, error="invalid_token", error_description="expired"`,
  ],
  [
    'a token for every room',
    () => tokenWith({ rooms: { '*': ['read', 'publish', 'presence'] } }),
    403,
    `${CHALLENGE}, error="insufficient_scope"`,
  ],
  ['a right that there is not', () => tokenWith({ operator: ['see', 'close', 'all'] }), 401, CHALLENGE],
  ['what is no list', () => tokenWith({ operator: true }), 401, CHALLENGE],
] as const) {
  test(`from elsewhere ${what} opens nothing`, async (t) => {
    const { program } = await start(t);
    const answers = await askFor(program, await token());
    t.deepEqual(statuses(answers), [expected, expected, expected, expected]);
    for (const { headers } of answers) {
      t.is(headers.get('www-authenticate'), challenge);
      t.is(headers.get('cache-control'), 'no-store');
    }
  });
}

test('a token opens from elsewhere what it has the right to, and is not logged', async (t) => {
  const { program, file } = await start(t);
  const make = async (...args: string[]) =>
    (await runCommand(t, ['token', '--secret-file', file, '--sub', 'Ops', ...args])).stdout.trim();
  const [see, all] = [await make('--operator', 'see'), await make('--operator')];
  const client = await connect(t, `${program.ws}echo`);
  const connections = async () => (await askFor(program, see))[1]?.json() as Promise<{ connections: { id: string }[] }>;
  await until(async () => (await connections()).connections.length === 1);
  const [{ id } = { id: '' }] = (await connections()).connections;
  t.deepEqual(statuses(await askFor(program, see, id)), [200, 200, 200, 403]);
  t.is(client.socket.readyState, 1);
  const foreign = {
    ...ELSEWHERE,
    Authorization: `Bearer ${all}`,
    'X-Requested-With': 'x',
    Origin: 'http://evil.example',
  };
  const close = `${program.url}status/connections/${id}/close`;
  t.is((await fetch(close, { method: 'POST', headers: foreign })).status, 403);
  t.deepEqual(statuses(await askFor(program, all, id)), [200, 200, 200, 200]);
  t.is((await client.closed).code, 1008);
  t.is((await fetch(`${program.url}status?token=${all}`, { headers: ELSEWHERE })).status, 200);
  t.is((await fetch(`${program.url}status`)).status, 200, 'from here none is needed');
  await program.stop();
  for (const token of [see, all]) t.false(program.output().includes(token.slice(-20)));
});

test('where no tokens are set up there is nothing to be seen from elsewhere', async (t) => {
  const program = await startProgram(t);
  const answers = await askFor(program, await tokenWith({ operator: ['see', 'close'] }));
  t.deepEqual(statuses(answers), [404, 404, 404, 404]);
});
