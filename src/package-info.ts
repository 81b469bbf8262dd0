import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this package; `src/` and the built `dist/` are both one level below it. */
export const packageRoot = fileURLToPath(new URL('..', import.meta.url));

/** Where the pages are built. */
export const pagesDir = join(packageRoot, 'dist', 'pages');

export const version: string = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')).version;
