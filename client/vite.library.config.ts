import { defineConfig } from 'vite';

/** The client library in one file, which browsers load as it is. */
export default defineConfig({
  build: {
    lib: { entry: 'src/index.ts', formats: ['es'], fileName: 'index' },
    outDir: '../dist/client',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: true,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // Bundlers know of what is built here that it has no side effects.
        comments: { annotation: false },
        // Vite leaves the spaces in a library.
        minify: { compress: true, mangle: true, codegen: { removeWhitespace: true } },
        postBanner:
          '/*! text-event-server, MIT; with parts of idb-keyval, Apache-2.0, https://github.com/jakearchibald/idb-keyval */',
      },
    },
  },
});
