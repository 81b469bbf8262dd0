import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { connect } from './helpers/client.ts';
import { root } from './helpers/program.ts';

test('the example of the README greets, and stands there as it is', async (t) => {
  const child = spawn(process.execPath, ['examples/greeter.js'], {
    cwd: root,
    env: { PATH: process.env.PATH, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill());
  const [line] = await once(child.stdout, 'data');
  const client = await connect(t, `ws://127.0.0.1:${String(line).replace('port', '').trim()}`);
  client.send('李旺');
  t.is(await client.next(), 'Hello, 李旺');
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  t.true(readme.includes(readFileSync(join(root, 'examples/greeter.js'), 'utf8')));
});
