export default {
  files: ['test/**/*.test.ts'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=tsx'],
  // tsx hooks the module loader of a process; AVA's worker threads would run without it.
  workerThreads: false,
  timeout: '2m',
  failWithoutAssertions: true,
};
