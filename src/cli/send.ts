import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { closeCodes } from '../close-codes.ts';
import type { Connection } from '../wire/connection.ts';
import { CommandError, type ExitCode, exitCodes } from './exit-codes.ts';
import { note, printMessage } from './print.ts';
import { aborted, type Ending, interruption, open, readByServer, unlessAborted, type Way, watch } from './session.ts';
import { addressOf, closeWords } from './words.ts';

/** Longer than a server makes a client wait that sends faster than it may. */
const SILENCE_MS = 60_000;

/** Bytes under way before the next line of standard input is read. */
const MAX_UNDER_WAY = 256 * 1024;

export interface SendOptions extends Way {
  /** Milliseconds to wait for answers after the last text. */
  readonly wait?: number;
  /** Answers after which the wait ends. */
  readonly count?: number;
  readonly json?: boolean;
}

/** Sends texts, each a message, and waits until the server has read them. */
export async function send(url: URL, texts: string[], options: SendOptions): Promise<ExitCode> {
  const interrupted = interruption();
  const fail = (exit: ExitCode, line: string) => new CommandError(exit, `${addressOf(url)}: ${line}`);
  let answers = 0;
  const enough = new AbortController();
  const takeAnswer = (connection: Connection, data: Buffer, isBinary: boolean): void => {
    if (enough.signal.aborted) return;
    printMessage(connection, data, isBinary, options.json ?? false);
    if (++answers === options.count) enough.abort();
  };
  const prepare = (connection: Connection): void => {
    if (options.wait) connection.on('message', (data, isBinary) => takeAnswer(connection, data, isBinary));
  };

  const session = await open(url, options, prepare, interrupted).catch(unlessAborted(interrupted));
  if (!session) return exitCodes.INTERRUPTED;
  const { connection, end } = session;
  let ended: Ending | undefined;
  void end.then((how) => {
    ended = how;
  });
  watch(
    connection,
    SILENCE_MS,
    () => connection.sendPing(),
    () => note(`send: no answer from the server for ${SILENCE_MS / 1000} s`),
  );
  const stop = Promise.race([end, aborted(interrupted)]);

  const sent = await sendAll(connection, texts, stop);
  if (!interrupted.aborted) await Promise.race([readByServer(connection), stop]);
  if (ended)
    throw fail(exitCodes.LOST, `the connection ended after ${sent} texts, not all surely read: ${words(ended)}`);
  if (options.wait && !interrupted.aborted) {
    await Promise.race([delay(options.wait, undefined, { ref: false }), aborted(enough.signal), stop]);
  }
  connection.close(closeCodes.NORMAL.code);
  const last = await end;

  if (interrupted.aborted) return exitCodes.INTERRUPTED;
  if (!last.clean || last.code !== closeCodes.NORMAL.code) {
    throw fail(exitCodes.LOST, `all ${sent} texts were read, but the connection did not end well: ${words(last)}`);
  }
  if (options.count !== undefined && answers < options.count) {
    throw fail(exitCodes.INCOMPLETE, `got ${answers} answers, expected ${options.count}`);
  }
  return exitCodes.DONE;
}

function words({ code, reason, clean }: Ending): string {
  return clean ? closeWords(code, reason) : closeWords(closeCodes.ABNORMAL.code, '');
}

/** Sends the texts, or the lines of standard input where there are none; returns how many. */
async function sendAll(connection: Connection, texts: string[], stop: Promise<unknown>): Promise<number> {
  const fromInput = texts.length === 0 || (texts.length === 1 && texts[0] === '-');
  const source = fromInput ? createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY }) : texts;
  // A wait for the next line ends with the connection, too.
  if (!Array.isArray(source)) void stop.then(() => source.close());
  let sent = 0;
  for await (const text of source) {
    const handedOver = new Promise<void>((resolve) => {
      if (connection.sendText(text, () => resolve())) sent++;
    });
    if (connection.bufferedAmount > MAX_UNDER_WAY) await Promise.race([handedOver, stop]);
    if (connection.readyState !== connection.OPEN) break;
  }
  if (fromInput) process.stdin.destroy();
  return sent;
}
