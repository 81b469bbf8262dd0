import { CommandError, type ExitCode, exitCodes } from './exit-codes.ts';
import { note, printMessage } from './print.ts';
import { interruption, type Way } from './session.ts';
import { stay } from './stay.ts';
import { addressOf, closeWords } from './words.ts';

export interface ListenOptions extends Way {
  readonly json?: boolean;
  readonly count?: number;
  readonly reconnect?: boolean;
  readonly ping: number;
}

/** Prints what comes until enough did, the server ends the connection, or Ctrl-C. */
export async function listen(url: URL, options: ListenOptions): Promise<ExitCode> {
  const enough = new AbortController();
  const signal = AbortSignal.any([interruption(), enough.signal]);
  let left = options.count ?? Number.POSITIVE_INFINITY;
  const end = await stay(url, options, {
    reconnect: options.reconnect ?? false,
    ping: options.ping,
    signal,
    note: (line) => note(`listen: ${line}`),
    prepare(connection) {
      connection.on('message', (data, isBinary) => {
        if (left === 0) return;
        printMessage(connection, data, isBinary, options.json ?? false);
        if (--left === 0) enough.abort();
      });
    },
  });
  if (signal.aborted) return exitCodes.DONE;
  const how = `the server ended the connection: ${closeWords(end.code, end.reason)}`;
  if (end.code !== 1000) throw new CommandError(exitCodes.LOST, `${addressOf(url)}: ${how}`);
  if (!options.count) return exitCodes.DONE;
  const got = `got ${options.count - left} messages, expected ${options.count}`;
  throw new CommandError(exitCodes.INCOMPLETE, `${addressOf(url)}: ${got}; ${how}`);
}
