import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { root } from '../helpers/program.ts';
import { startRoomProcess } from '../helpers/room-process.ts';
import { until } from '../helpers/server.ts';

const run = promisify(execFile);
const read = (path: string) => readFileSync(join(root, path), 'utf8');

test('all of it, as it is built, is less than 5.25 KB when it is compressed, and imports nothing', (t) => {
  const built = read('dist/client/index.js');
  const { length } = gzipSync(built, { level: 9 });
  t.log(`${built.length} bytes, ${length} compressed`);
  // It was 5,000 before there were tokens: docs/design.md.
  t.true(length < 5_250, `${length} bytes`);
  t.notRegex(built, /\bimport\b/);
});

test('the library has these names and no others', async (t) => {
  const library = await import(join(root, 'dist/client/index.js'));
  const names = ['Room', 'RoomError', 'TextConnection', 'indexedDbStore', 'join', 'memoryStore'];
  t.deepEqual(Object.keys(library).sort(), names);
  const docs = read('docs/client.md');
  for (const name of names) t.true(docs.includes(`\`${name}`), name);
});

test('every option, state and event stands in docs/client.md', (t) => {
  const docs = read('docs/client.md');
  const members = (path: string, pattern: RegExp) => Array.from(read(path).matchAll(pattern), ([, name]) => name ?? '');
  const options = ['link', 'connection', 'room-options'].flatMap((file) =>
    members(`client/src/${file}.ts`, /^ {2}readonly (\w+)\?:/gm),
  );
  t.true(options.length >= 15);
  const events = members('client/src/room-events.ts', /^ {2}(\w+): /gm);
  t.true(events.length >= 9);
  const states = members('client/src/link.ts', /name: '(\w+)'/g);
  for (const name of [...options, ...events, ...new Set(states), 'queue', 'text']) {
    t.true(docs.includes(`\n| \`${name}\``), name);
  }
});

/** Compiles a program that uses the package as it is installed. */
async function compile(t: ExecutionContext, compilerOptions: object): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'text-event-server-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/text-event-server'));
  symlinkSync(join(root, 'node_modules/@types'), join(folder, 'node_modules/@types'));
  symlinkSync(join(root, 'node_modules/ws'), join(folder, 'node_modules/ws'));
  writeFileSync(join(folder, 'consumer.ts'), read('test/types/client-consumer.ts'));
  const strict = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
  };
  const options = { ...strict, verbatimModuleSyntax: true, noEmit: true, ...compilerOptions };
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['consumer.ts'] }));
  const { stdout } = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc')], {
    cwd: folder,
  }).catch((error) => error);
  t.is(stdout, '');
}

test('the types serve a strict program of Node, which has none of browsers', (t) =>
  compile(t, { module: 'nodenext', target: 'es2022', lib: ['es2023'], types: ['node'] }));

test('the types serve a strict page, which has none of Node', (t) =>
  compile(t, { module: 'esnext', moduleResolution: 'bundler', target: 'es2022', lib: ['es2023', 'dom'], types: [] }));

test('the example of the guide talks, through a restart of the server, and stands there as it is', async (t) => {
  t.true(read('docs/client.md').includes(read('examples/room.js')));
  const server = await startRoomProcess(t);
  const talk = (name: string) => {
    const child = spawn(process.execPath, ['examples/room.js', server.url, 'lobby', name], { cwd: root });
    t.teardown(() => child.kill());
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      printed += text;
    });
    return { child, printed: () => printed };
  };
  const ann = talk('Ann');
  const bob = talk('Bob');
  await until(() => ann.printed().includes('[in lobby as Ann]') && bob.printed().includes('[in lobby as Bob]'));
  ann.child.stdin.write('你好\n');
  await until(() => bob.printed().includes('Ann: 你好\n'));
  await server.kill();
  await until(() => bob.printed().includes('[away: 1006 '));
  ann.child.stdin.write('still here\n');
  await server.start();
  await until(() => bob.printed().includes('Ann: still here\n'));
  t.is(bob.printed().split('Ann: ').length, 3);
});
