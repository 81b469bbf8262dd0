import { makeToken } from '../auth/make-token.ts';
import type { OperatorRight } from '../auth/operator-rights.ts';
import type { RoomRights } from '../auth/room-rights.ts';
import { makeSecretFile, readSecretFile } from '../auth/secret-file.ts';
import { TextEventError } from '../errors.ts';
import { CommandError, type ExitCode, exitCodes } from './exit-codes.ts';
import { note } from './print.ts';

export interface TokenOptions {
  readonly secretFile?: string;
  readonly sub: string;
  readonly room?: RoomRights;
  readonly operator?: readonly OperatorRight[];
  /** In milliseconds. */
  readonly expires?: number;
  readonly issuer?: string;
  readonly audience?: string;
}

const DEFAULT_LIFETIME = 3_600_000;

/** Prints a token. */
export async function token({
  sub,
  room = [],
  operator,
  expires,
  issuer,
  audience,
  secretFile,
}: TokenOptions): Promise<ExitCode> {
  const file = secretFile ?? process.env.AUTH_SECRET_FILE;
  if (!file) throw new CommandError(exitCodes.MISTAKE, 'got no secret, expected --secret-file or AUTH_SECRET_FILE');
  const secret = attempt(() => readSecretFile(file));
  const lifetime = expires ?? DEFAULT_LIFETIME;
  const made = await makeToken(secret, { subject: sub, rooms: room, operator, lifetime, issuer, audience });
  process.stdout.write(`${made}\n`);
  return exitCodes.DONE;
}

/** Makes a secret. */
export function secret(file: string): ExitCode {
  attempt(() => makeSecretFile(file));
  note(`made ${file}; keep it to yourself, and start the server with AUTH_SECRET_FILE=${file}`);
  return exitCodes.DONE;
}

function attempt<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof TextEventError) throw new CommandError(exitCodes.MISTAKE, error.message);
    throw error;
  }
}
