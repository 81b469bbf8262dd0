import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { closeCodes } from '../src/close-codes.ts';
import { flagOf, loadConfig, variableNames } from '../src/config.ts';
import * as library from '../src/index.ts';
import { Metrics } from '../src/metrics/metrics.ts';
import { createServer } from '../src/server.ts';
import { root } from './helpers/program.ts';

const operations = readFileSync(join(root, 'docs/operations.md'), 'utf8');
const row = (first: string) => operations.split('\n').find((line) => line.startsWith(`| ${first} |`));

test('every variable has a row with its flag and its default', (t) => {
  for (const name of variableNames) t.true(row(`\`${name}\``)?.includes(`\`--${flagOf(name)}\``), name);
  // The default that a row names is the one that the program takes.
  for (const name of variableNames) {
    const shown = row(`\`${name}\``)?.split('|')[3]?.trim().replaceAll('`', '') ?? '';
    if (/^(not set|all interfaces)$/.test(shown)) continue;
    t.deepEqual(loadConfig({ [name]: shown }), loadConfig({}), name);
  }
});

test('every close code that the server sends has a row with its reason', (t) => {
  const sent = Object.values(closeCodes).filter(({ code }) => operations.includes(`| ${code} |`));
  t.true(sent.length >= 7);
  for (const { code, reason, reconnect } of sent) {
    t.true(row(String(code))?.startsWith(`| ${code} | ${reason} |`), String(code));
    t.true(row(String(code))?.endsWith(reconnect ? '| yes |' : '| no |'), String(code));
  }
});

test('every metric has a row, and every row a metric', (t) => {
  const options = { version: '', maxConnections: 1, isReady: () => true, streams: () => 0 };
  const metrics = new Metrics(options);
  metrics.watch(createServer(), []);
  const [, section = ''] = operations.split('\n## Metrics\n');
  const rows = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| `'));
  const words = (cell = '') => cell.match(/\w+/g) ?? [];
  const described = rows.flatMap((line) => {
    const [, names, labels] = line.split('|');
    return words(names).map((name) => [name, words(labels).toSorted()] as const);
  });
  t.true(described.length > 40);
  const shown = [...metrics.labels].map(([name, labels]) => [name, labels.toSorted()] as const);
  t.deepEqual(Object.fromEntries(described), Object.fromEntries(shown));
});

test('every error code has a heading', (t) => {
  const source = readFileSync(join(root, 'src/errors.ts'), 'utf8');
  const codes = new Set(source.match(/ERR_[A-Z_]+/g));
  t.true(codes.size >= 5);
  for (const code of codes) t.true(operations.includes(`\n### ${code}\n`), code);
});

test('every test that SECURITY.md names is there', (t) => {
  const named = readFileSync(join(root, 'SECURITY.md'), 'utf8').match(/\btest\/[\w/-]+\.test\.ts/g) ?? [];
  t.true(named.length >= 20);
  for (const path of named) t.true(existsSync(join(root, path)), path);
});

test('the library has these names and no others', (t) => {
  t.deepEqual(Object.keys(library).sort(), [
    'Connection',
    'Group',
    'ProtocolError',
    'Server',
    'TextEventError',
    'broadcast',
    'chat',
    'clientAddress',
    'clock',
    'closeCodes',
    'connect',
    'createServer',
    'echo',
    'greet',
    'openRooms',
    'room',
    'setBinaryFragmentation',
    'setMaxBufferLength',
  ]);
});
