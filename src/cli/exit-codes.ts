/** What a script learns from a command's end. */
export interface ExitCode {
  readonly code: number;
  readonly meaning: string;
}

/** Every exit code but those of `check` and `doctor`; docs/cli.md has a row for each. */
export const exitCodes = {
  DONE: { code: 0, meaning: 'done' },
  MISTAKE: { code: 1, meaning: 'a mistake in the call or in a setting' },
  NOT_CONNECTED: { code: 2, meaning: 'could not connect, or was refused' },
  LOST: { code: 3, meaning: 'the connection ended before the command was done' },
  INCOMPLETE: { code: 4, meaning: 'less came back than was asked for' },
  INTERRUPTED: { code: 130, meaning: 'Ctrl-C before the command was done' },
} as const satisfies Record<string, ExitCode>;

/** Those of `check` and `doctor`, which monitoring understands. */
export const checkCodes = {
  ALL_WELL: { code: 0, meaning: 'all well' },
  SOMETHING_WRONG: { code: 1, meaning: 'something is wrong' },
  NOT_CHECKED: { code: 2, meaning: 'not checked: a mistake in the call, or nothing answers' },
} as const satisfies Record<string, ExitCode>;

/** Ends a command with one line for a person. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exit: ExitCode;

  constructor(exit: ExitCode, message: string) {
    super(message);
    this.exit = exit;
  }
}
