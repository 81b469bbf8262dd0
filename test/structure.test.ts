import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { root } from './helpers/program.ts';

type Import = readonly [path: string, specifier: string];

const forbidden: readonly Import[] = [
  ['src/wire/outbox.ts', 'pino'],
  ['src/wire/outbox.ts', '../server.ts'],
  ['src/wire/frame-reader.ts', 'node:net'],
  ['src/wire/frame-reader.ts', './connection.ts'],
  ['src/wire/frame-header.ts', './socket-writer.ts'],
  ['src/wire/message-reader.ts', './outbox.ts'],
  ['src/wire/connection.ts', 'nodejs-websocket'],
  ['src/server.ts', 'nodejs-websocket/Connection.js'],
  ['src/server.ts', './http/app.ts'],
  ['src/server.ts', './handlers/greet.ts'],
  ['src/router.ts', './routes.ts'],
  ['src/upgrader.ts', './config.ts'],
  ['src/server.ts', './metrics/metrics.ts'],
  ['src/rooms/room.ts', 'prom-client'],
  ['src/program.ts', 'prom-client'],
  ['src/metrics/metrics.ts', '../http/app.ts'],
  ['src/handlers/greet.ts', '../server.ts'],
  ['src/rooms/memory/log.ts', 'lmdb'],
  ['src/rooms/memory/log.ts', '../../wire/connection.ts'],
  ['src/rooms/lmdb/log.ts', '../../server.ts'],
  ['src/rooms/redis/log.ts', '@redis/client'],
  ['src/rooms/redis/scripts/append.ts', '../server.ts'],
  ['src/program-rooms.ts', '@redis/client'],
  ['src/rooms/rooms.ts', './redis/log.ts'],
  ['src/rooms/room.ts', 'lmdb'],
  ['src/rooms/room.ts', '../handlers/room.ts'],
  ['src/rooms/rooms.ts', './lmdb/log.ts'],
  ['src/rooms/rooms.ts', './memory/log.ts'],
  ['src/handlers/room.ts', '../auth/visit.ts'],
  ['src/handlers/room.ts', 'jose'],
  ['src/rooms/rooms.ts', '../auth/claims.ts'],
  ['src/rooms/protocol.ts', 'jose'],
  ['src/wire/connection.ts', '../auth/access.ts'],
  ['src/server.ts', './auth/access.ts'],
  ['src/server.ts', 'jose'],
  ['src/http/app.ts', 'jose'],
  ['src/auth/access.ts', '../server.ts'],
  ['src/auth/access.ts', '../rooms/rooms.ts'],
  ['src/config.ts', './errors.ts'],
  ['src/retry-after.ts', './close-codes.ts'],
  ['src/close-codes.ts', './wire/frame.ts'],
  ['client/src/chat.ts', '../../src/rooms/rooms.ts'],
  ['client/src/room.ts', '../../src/rooms/position.ts'],
  ['client/src/room.ts', 'node:crypto'],
];

const allowed: readonly Import[] = [
  ['src/wire/outbox.ts', './frame.ts'],
  ['src/wire/frame-reader.ts', '../close-codes.ts'],
  ['src/wire/base-connection.ts', 'nodejs-websocket/Connection.js'],
  ['src/server.ts', './handlers/handler.ts'],
  ['src/metrics/metrics.ts', 'prom-client'],
  ['src/metrics/metrics.ts', '../server.ts'],
  ['src/handlers/greet.ts', '../wire/connection.ts'],
  ['src/rooms/redis/driver.ts', '@redis/client'],
  ['src/config.ts', 'zod'],
  ['src/auth/token-verifier.ts', 'jose'],
  ['src/auth/visit.ts', '../handlers/visitor.ts'],
  ['client/src/room.ts', '../../src/rooms/protocol.ts'],
  ['src/rooms/lmdb/log.ts', 'lmdb'],
  ['client/src/chat.ts', '../../src/rooms/names.ts'],
  ['src/rooms/lmdb/log.ts', '../../errors.ts'],
  ['src/rooms/lmdb/log.ts', '../event-log.ts'],
  ['src/rooms/redis/log.ts', './scripts/append.ts'],
  ['src/rooms/redis/scripts/append.ts', './room.ts'],
  ['src/rooms/rooms.ts', './event-log.ts'],
  ['src/handlers/room.ts', '../close-codes.ts'],
];

const REFUSAL = /^(\S+):(\d+):\d+ lint\/style\/noRestrictedImports/gm;

/** Which of these imports the linter refuses: files with them lie alone in a folder, under the project's own rules. */
function refused(t: ExecutionContext, imports: readonly Import[]): Set<string> {
  const dir = mkdtempSync(join(tmpdir(), 'text-event-server-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  copyFileSync(join(root, 'biome.json'), join(dir, 'biome.json'));
  const specifiers = new Map<string, string[]>();
  for (const [path, specifier] of imports) specifiers.set(path, [...(specifiers.get(path) ?? []), specifier]);
  for (const [path, names] of specifiers) {
    mkdirSync(join(dir, dirname(path)), { recursive: true });
    writeFileSync(join(dir, path), names.map((name, i) => `import name${i} from '${name}';\n`).join(''));
  }
  const args = ['lint', '--colors=off', '--vcs-enabled=false', '--max-diagnostics=none', ...specifiers.keys()];
  const { stdout, stderr } = spawnSync(join(root, 'node_modules/.bin/biome'), args, { cwd: dir, encoding: 'utf8' });
  const refusals = [...`${stdout}${stderr}`.matchAll(REFUSAL)];
  return new Set(refusals.map(([, path = '', line]) => `${path} ${specifiers.get(path)?.[Number(line) - 1]}`));
}

test('imports against the grain are refused', (t) => {
  t.deepEqual([...refused(t, forbidden)].sort(), forbidden.map(([path, specifier]) => `${path} ${specifier}`).sort());
});

test('imports with the grain are not refused', (t) => {
  t.deepEqual([...refused(t, allowed)], []);
});
