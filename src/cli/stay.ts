import { setTimeout as delay } from 'node:timers/promises';
import { closeCodes } from '../close-codes.ts';
import { retryAfterOf } from '../retry-after.ts';
import type { Connection } from '../wire/connection.ts';
import { CommandError } from './exit-codes.ts';
import { aborted, type Ending, open, type Session, type Way, watch } from './session.ts';
import { closeWords, mayComeBack } from './words.ts';

const MIN_WAIT_MS = 500;
const MAX_WAIT_MS = 20_000;
/** No server's word keeps anyone away for longer. */
const MAX_ASKED_MS = 3_600_000;
/** A connection that ends sooner counts as one that failed, so that a server which lets in and throws out is not stormed. */
const LASTING_MS = 10_000;

export interface StayOptions {
  /** Comes back after an ending that allows it. */
  readonly reconnect: boolean;
  /** Milliseconds between two questions whether the server is there. */
  readonly ping: number;
  /** Ends the stay, with a closing handshake. */
  readonly signal: AbortSignal;
  /** Given each connection before it is open. */
  prepare(connection: Connection): void;
  /** Given each connection when it is open. */
  opened?(session: Session): void;
  /** Sends what the server answers, where that is not a ping. */
  ask?(connection: Connection): void;
  /** Told what happens to the connection. */
  note(line: string): void;
}

/**
 * Stays connected until the server ends it or the signal aborts; the first connection must succeed.
 * @returns how the last connection ended
 * @throws CommandError NOT_CONNECTED
 */
export async function stay(url: URL, way: Way, options: StayOptions): Promise<Ending> {
  const { reconnect, signal, note } = options;
  const normal = { code: closeCodes.NORMAL.code, reason: '', clean: true };
  for (let failures = 0, first = true; ; first = false) {
    let trouble: string;
    let said = '';
    const start = performance.now();
    try {
      const end = await visit(url, way, options);
      if (signal.aborted || !reconnect || !mayComeBack(end.code)) return end;
      if (performance.now() - start > LASTING_MS) failures = 0;
      said = end.reason;
      trouble = `the connection ended: ${closeWords(end.code, end.reason)}`;
    } catch (error) {
      if (signal.aborted) return normal;
      if (first || !(error instanceof CommandError)) throw error;
      trouble = error.message;
    }
    const wait = timeUntilNext(said, failures++);
    note(`${trouble}; trying again in ${(wait / 1000).toFixed(1)} s`);
    await delay(wait, undefined, { signal }).catch(() => {});
    if (signal.aborted) return normal;
  }
}

/** One connection, from its opening to its end. */
async function visit(url: URL, way: Way, options: StayOptions): Promise<Ending> {
  const { signal, ping, note } = options;
  const session = await open(url, way, options.prepare, signal);
  const { connection, end } = session;
  const ask = options.ask ?? ((to: Connection) => to.sendPing());
  watch(
    connection,
    ping,
    () => ask(connection),
    () => note(`no answer from the server for ${ping / 1000} s`),
  );
  options.opened?.(session);
  await Promise.race([end, aborted(signal)]);
  connection.close(closeCodes.NORMAL.code);
  return end;
}

/** The server's own word when to come back, else a random part of a time that doubles with each failure. */
function timeUntilNext(said: string, failures: number): number {
  const asked = retryAfterOf(said);
  if (asked !== undefined) return Math.min(asked, MAX_ASKED_MS);
  return Math.random() * Math.min(MAX_WAIT_MS, MIN_WAIT_MS * 2 ** failures);
}
