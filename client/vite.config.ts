import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { compression } from 'vite-plugin-compression2';

/** Every HTML file beside this one. */
const pages = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.html'))
  .map((name) => `${import.meta.dirname}/${name}`);

export default defineConfig({
  // Relative addresses: the pages work below any path prefix.
  base: './',
  plugins: [finishHtml(), compression({ include: /\.(html|css|js|svg)$/, algorithms: ['gzip', 'brotliCompress'] })],
  css: {
    transformer: 'lightningcss',
    lightningcss: { unusedSymbols: unusedBootstrapClasses() },
  },
  build: {
    rolldownOptions: { input: pages },
    outDir: '../dist/pages',
    emptyOutDir: true,
    // Nothing inline, so that the Content-Security-Policy needs no exception.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});

/** Vite drops `blocking`, which keeps the browser from painting before the script has set colours and language. */
function finishHtml(): Plugin {
  const transform = (html: string) =>
    html.replace(/<!--.*?-->\s*/gs, '').replace('<script type="module"', '$& blocking="render"');
  return { name: 'finish-html', apply: 'build', transformIndexHtml: { order: 'post', handler: transform } };
}

/** The class names of Bootstrap that no page or script here gives to an element: their rules, nine tenths of the file, are left out. */
function unusedBootstrapClasses(): string[] {
  const bootstrap = readFileSync(fileURLToPath(import.meta.resolve('bootstrap/dist/css/bootstrap.css')), 'utf8');
  const given = (pattern: RegExp, texts: string) =>
    texts
      .match(pattern)
      ?.join(' ')
      .match(/[\w-]+/g) ?? [];
  // A script gives a class in a string; its own words, such as row or active, are none.
  const used = new Set([
    ...given(/class="[^"]*"/g, sources('.html')),
    ...given(/'[^'\n]*'|`[^`\n]*`/g, sources('.ts')),
  ]);
  const names = Array.from(bootstrap.matchAll(/\.([a-z][\w-]*)/gi), ([, name]) => name ?? '');
  return [...new Set(names)].filter((name) => !used.has(name));
}

/** All files with this ending, joined. */
function sources(extension: string): string {
  return readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(extension))
    .map((path) => readFileSync(`${import.meta.dirname}/${path}`, 'utf8'))
    .join('\n');
}
