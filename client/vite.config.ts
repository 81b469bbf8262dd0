import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { compression } from 'vite-plugin-compression2';

export default defineConfig({
  // Relative addresses: the pages work below any path prefix.
  base: './',
  plugins: [finishHtml(), compression({ include: /\.(html|css|js|svg)$/, algorithms: ['gzip', 'brotliCompress'] })],
  css: {
    transformer: 'lightningcss',
    lightningcss: { unusedSymbols: unusedBootstrapClasses() },
  },
  build: {
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

/** The class names of Bootstrap that no page or script here mentions: their rules, nine tenths of the file, are left out. */
function unusedBootstrapClasses(): string[] {
  const bootstrap = readFileSync(fileURLToPath(import.meta.resolve('bootstrap/dist/css/bootstrap.css')), 'utf8');
  const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(html|css|ts)$/.test(path))
    .map((path) => readFileSync(`${import.meta.dirname}/${path}`, 'utf8'))
    .join('\n');
  const mentioned = new Set(sources.match(/[\w-]+/g));
  const names = Array.from(bootstrap.matchAll(/\.([a-z][\w-]*)/gi), ([, name]) => name ?? '');
  return [...new Set(names)].filter((name) => !mentioned.has(name));
}
