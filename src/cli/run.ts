import { CommanderError } from 'commander';
import { commandLine } from './commands.ts';
import { CommandError, checkCodes, exitCodes } from './exit-codes.ts';

/** Runs one command line, and sets the process's exit code. */
export async function run(args: string[]): Promise<void> {
  const [name = '', ...rest] = args;
  if (name === 'serve') {
    // Its flags are those of the table of settings, and its end is its own.
    const program = await import('../program.ts');
    await program.run(rest);
    return;
  }
  process.stdout.on('error', endQuietly);
  process.stderr.on('error', endQuietly);
  try {
    await commandLine((exit) => {
      process.exitCode = exit.code;
    }).parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = exitOf(error, name);
  }
}

/** What reads the output has gone, as `head` does when it has enough. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

function exitOf(error: unknown, command: string): number {
  if (error instanceof CommandError) {
    process.stderr.write(`${command}: ${error.message}\n`);
    return error.exit.code;
  }
  // It has printed its line, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : mistakeIn(command);
  throw error;
}

function mistakeIn(command: string): number {
  return (command === 'check' || command === 'doctor' ? checkCodes.NOT_CHECKED : exitCodes.MISTAKE).code;
}
