/*
 * The process that PM2 runs. PM2 swallows an error in a static import of an ES module, and an unhandled rejection:
 * the process then counts as online while nothing listens. So nothing is imported here before there is someone to
 * say so and to exit.
 */
process.on('uncaughtException', die);
process.on('unhandledRejection', die);

import('./program.ts').then((program) => program.run(process.argv.slice(2))).catch(die);

function die(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}
