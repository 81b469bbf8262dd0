// Loaded into every contender before it starts, so that it can be asked to collect its garbage, and never stays behind.
process.on('SIGUSR2', () => {
  if (globalThis.Bun) globalThis.Bun.gc(true);
  else globalThis.gc();
});
process.stdin.on('end', () => process.exit()).resume();
