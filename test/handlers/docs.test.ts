import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test, { type ExecutionContext } from 'ava';
import { HANDLER_NAMES } from '../../src/config.ts';
import { connect } from '../helpers/client.ts';
import { root } from '../helpers/program.ts';

const text = readFileSync(join(root, 'docs/handlers.md'), 'utf8');
const programs = [...text.matchAll(/```js\n(import .*?)```/gs)].map(([, program = '']) => program);

/** Runs a program of the text on a free port, which it resolves with; the program ends with the test. */
async function start(t: ExecutionContext, program: string): Promise<number> {
  const listening = ".listen(0, '127.0.0.1').on('listening', function () { console.log('port', this.port); });";
  const code = program.replace('.listen(8088);', listening);
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: root,
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
  throw new Error(`ended without a port:\n${code}`);
}

for (const [i, program] of programs.entries()) {
  const routes = [...program.matchAll(/'(\/[^']*)':/g)].map(([, path = '']) => path);
  const paths = routes.length > 0 ? routes : ['/'];
  test(`docs/handlers.md: program ${i + 1}, for ${paths.join(' and ')}, runs as it stands`, async (t) => {
    const port = await start(t, program);
    for (const path of paths) {
      const client = await connect(t, `ws://127.0.0.1:${port}${path.replace(':room', 'hall')}`);
      client.send('hello');
      if (path !== '/clock') t.true((await client.next()).length > 0, path);
    }
  });
}

test('docs/handlers.md has a heading and a program for each handler', (t) => {
  const used = programs.join('\n');
  // What ROOT_HANDLER names ws is the chat in its other style.
  for (const name of [...HANDLER_NAMES.filter((handler) => handler !== 'ws'), 'room']) {
    t.regex(text, new RegExp(`^## ${name}\\b`, 'm'));
    t.true(used.includes(`${name}(`), name);
  }
});
