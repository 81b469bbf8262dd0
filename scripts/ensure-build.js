// Builds what is missing or older than its sources, so that `npm start` works right after `npm install`.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) fail(`Node.js 20.19 or newer is needed; this is ${process.version}`);

// `npm install` runs this too, where the tools may be left out on purpose.
const optional = process.argv.includes('--optional');
const root = fileURLToPath(new URL('..', import.meta.url));

const parts = [
  { script: 'build:server', sources: ['src', 'tsconfig.json', 'package.json'], built: 'dist/main.js' },
  { script: 'build:pages', sources: ['client', 'src/rooms', 'package.json'], built: 'dist/pages/index.html' },
  {
    script: 'build:client',
    sources: ['client', 'src/rooms/protocol.ts', 'package.json'],
    built: 'dist/client/index.js',
  },
];

for (const { script, sources, built } of parts) {
  if (isCurrent(sources, built)) continue;
  if (!existsSync(join(root, 'node_modules', 'typescript'))) {
    if (optional) process.exit(0);
    fail(`${built} is not built, and the tools to build it are not installed. Run: npm install --include=dev`);
  }
  if (!optional) process.stderr.write(`Building ${built.split('/').slice(0, -1).join('/')} …\n`);
  const { status } = spawnSync('npm', ['run', '--silent', script], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) fail(`npm run ${script} failed: see above`);
}

/** A package as published has no sources; then what is built is all there is. */
function isCurrent(sources, built) {
  const target = join(root, built);
  if (!existsSync(target)) return false;
  const { mtimeMs } = statSync(target);
  return sources.every((source) => newest(join(root, source)) <= mtimeMs);
}

function newest(path) {
  if (!existsSync(path)) return 0;
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function fail(line) {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}
