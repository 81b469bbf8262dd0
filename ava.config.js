import { availableParallelism } from 'node:os';

/** These take longest: begun last, they would run alone at the end. */
const FIRST = ['/test/prove/', '/test/e2e/', '/test/attack/'];

const rank = (file) => [...FIRST, ''].findIndex((folder) => file.includes(folder));

export default {
  files: ['test/**/*.test.ts'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=tsx'],
  // tsx hooks the module loader of a process; AVA's worker threads would run without it.
  workerThreads: false,
  // Most tests wait for processes and timers more than they compute.
  concurrency: availableParallelism() + 1,
  sortTestFiles: (a, b) => rank(a) - rank(b) || (a < b ? -1 : 1),
  // Without any test ending. On a machine that has much else to do some take minutes.
  timeout: '5m',
  failWithoutAssertions: true,
};
