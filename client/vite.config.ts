import { readdirSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';
import { compression } from 'vite-plugin-compression2';
import { trimBootstrap } from './trim-bootstrap.ts';

/** Every HTML file beside this one. */
const pages = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.html'))
  .map((name) => `${import.meta.dirname}/${name}`);

export default defineConfig({
  // Relative addresses: the pages work below any path prefix.
  base: './',
  plugins: [
    trimBootstrap(),
    finishHtml(),
    compression({ include: /\.(html|css|js|svg)$/, algorithms: ['gzip', 'brotliCompress'] }),
  ],
  css: { transformer: 'lightningcss' },
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
