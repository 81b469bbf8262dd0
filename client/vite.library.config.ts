import { defineConfig } from 'vite';

/** The client library in one file, that browsers load as it is: `dist/client/index.js`. */
export default defineConfig({
  build: {
    lib: { entry: 'src/index.ts', formats: ['es'], fileName: 'index' },
    outDir: '../dist/client',
    target: 'es2022',
    minify: true,
    sourcemap: true,
    reportCompressedSize: false,
  },
});
