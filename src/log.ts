import pino, { type Logger } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Config } from './config.ts';
import { LogOutput } from './log-output.ts';

export type { Logger } from 'pino';

/** JSON lines in production, readable ones elsewhere; both to standard output. */
export function createLogger({ nodeEnv, logLevel }: Config): Logger {
  const { stdout } = process;
  // PM2 replaces the method, and writes into files of its own.
  const output = Object.hasOwn(stdout, 'write') ? stdout : new LogOutput(stdout.fd);
  if (nodeEnv === 'production')
    return pino({ level: logLevel }, { write: (line: string) => output.write(harmless(line)) });
  const prettify = prettyFactory({
    singleLine: true,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss',
    messageFormat: (log, key) => visible(String(log[key] ?? '')),
  });
  return pino({ level: logLevel }, { write: (line: string) => output.write(harmless(prettify(line))) });
}

/** JSON leaves these as they are: controls of the second kind, which terminals obey too, and what turns or ends a line. */
const NOT_ESCAPED = /[\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;

/** A line of JSON, or a readable one, with nothing in it that steers a terminal. */
function harmless(line: string): string {
  return line.replace(NOT_ESCAPED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** What a client sent must not move the terminal's cursor or begin a line of its own; JSON escapes it anyway. */
function visible(message: string): string {
  return message.replace(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
