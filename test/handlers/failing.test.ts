import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { connect } from '../helpers/client.ts';
import { root, startProgram } from '../helpers/program.ts';
import { until } from '../helpers/server.ts';

/**
 * A module that makes the program's handlers fail: a handler throws when it begins to listen for texts, and who only
 * sends throws in sending.
 */
function failure(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'text-event-server-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const connection = pathToFileURL(join(root, 'dist/wire/connection.js')).href;
  writeFileSync(
    join(dir, 'fail.mjs'),
    `import { Connection } from '${connection}';
    const { on, sendShared } = Connection.prototype;
    Connection.prototype.on = function (event, listener) {
      if (['text', 'message', 'lent'].includes(event) && !this.path.endsWith('?well')) throw new Error('on purpose');
      return on.call(this, event, listener);
    };
    Connection.prototype.sendShared = function (text, frame) {
      if (this.path === '/clock') throw new Error('on purpose');
      return sendShared.call(this, text, frame);
    };`,
  );
  return pathToFileURL(join(dir, 'fail.mjs')).href;
}

for (const path of ['/', '/echo', '/clock', '/broadcast']) {
  test(`closes with 1011 and logs the path when the handler of ${path} fails, and nothing else happens`, async (t) => {
    const { ws, output, child } = await startProgram(t, {
      NODE_ENV: 'production',
      NODE_OPTIONS: `--import=${failure(t)}`,
    });
    const unharmed = await connect(t, new URL('/echo?well', ws).href);
    const client = await connect(t, new URL(path, ws).href);
    t.deepEqual(await client.closed, { code: 1011, reason: 'internal error' });
    const failed = () =>
      output()
        .split('\n')
        .filter((line) => line.includes('"a handler failed"'))
        .map((line) => JSON.parse(line));
    await until(() => failed().length > 0);
    t.is(failed().length, 1);
    t.like(failed()[0], { level: 50, path, err: { message: 'on purpose' } });
    unharmed.send('still here');
    t.is(await unharmed.next(), 'still here');
    t.is(child.exitCode, null);
  });
}
