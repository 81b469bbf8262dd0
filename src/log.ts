import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from './config.ts';

export type { Logger } from 'pino';

/** JSON lines in production, readable ones elsewhere; both to standard output. */
export function createLogger({ nodeEnv, logLevel }: Config): Logger {
  if (nodeEnv === 'production') return pino({ level: logLevel });
  const stream = pretty({
    sync: true,
    singleLine: true,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss',
    messageFormat: (log, key) => visible(String(log[key] ?? '')),
  });
  return pino({ level: logLevel }, stream);
}

/** What a client sent must not move the terminal's cursor or begin a line of its own; JSON escapes it anyway. */
function visible(message: string): string {
  return message.replace(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
