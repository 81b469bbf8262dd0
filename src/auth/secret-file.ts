import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { TextEventError } from '../errors.ts';

/** HS256 wants a key as long as its hash (RFC 7518 section 3.2). */
const MIN_BYTES = 32;

/** Of a new secret, before they are written as text. */
const NEW_BYTES = 48;

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user may not',
  EEXIST: 'it is there already, and tokens may have been made with it',
  EISDIR: 'it is a folder',
  ENOENT: 'it is not there',
  ENOTDIR: 'it lies below a file and not a folder',
};

/**
 * The secret in a file: its bytes, without line ends and spaces around them.
 * @throws TextEventError ERR_CONFIG
 */
export function readSecretFile(path: string): Uint8Array {
  const secret = attempt(`cannot read ${path}`, () => readFileSync(path, 'utf8')).trim();
  const bytes = new TextEncoder().encode(secret);
  if (bytes.length >= MIN_BYTES) return bytes;
  throw mistake(
    `got a secret of ${bytes.length} bytes in ${path}, expected ${MIN_BYTES} at least; to make one: text-event-server secret <file>`,
  );
}

/** Makes a secret by chance, in a file that only its owner can read. @throws TextEventError ERR_CONFIG */
export function makeSecretFile(path: string): void {
  const secret = `${randomBytes(NEW_BYTES).toString('base64url')}\n`;
  attempt(`cannot write ${path}`, () => writeFileSync(path, secret, { mode: 0o600, flag: 'wx' }));
}

function attempt<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw mistake(`${what}: ${reasons[code] ?? message}`);
  }
}

function mistake(why: string): TextEventError {
  return new TextEventError('ERR_CONFIG', `secret file: ${why}`);
}
