import { setMaxListeners } from 'node:events';
import { connect } from '../connect.ts';
import type { Connection } from '../wire/connection.ts';
import { CommandError, exitCodes } from './exit-codes.ts';
import { addressOf, closeWords, troubleWords } from './words.ts';

/** What a command line may receive as one message: far above what servers send, far below what hurts. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** The payload of the ping after the last text. */
const ALL_READ = 'all read';

/** How to connect; the options that `send`, `listen`, `chat` and `bench` have in common. */
export interface Way {
  readonly insecure?: boolean;
  readonly header?: Record<string, string>;
  readonly subprotocol?: string;
  /** For servers that ask for one. */
  readonly token?: string;
  /** Milliseconds until the connection must be open. */
  readonly timeout: number;
}

/** How a connection ended. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
  /** By a closing handshake. */
  readonly clean: boolean;
}

/** A connection that is or was open, and its end. */
export interface Session {
  readonly connection: Connection;
  readonly end: Promise<Ending>;
}

/**
 * Connects.
 * @param prepare is given the connection before it is open: the first texts come together with the server's agreement
 * @param signal gives up when it aborts
 * @throws CommandError NOT_CONNECTED, or MISTAKE for a token that is none
 */
export async function open(
  url: URL,
  way: Way,
  prepare: (connection: Connection) => void = () => {},
  signal?: AbortSignal,
): Promise<Session> {
  const connection = connect(url.href, {
    rejectUnauthorized: !way.insecure,
    handshakeTimeout: way.timeout,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    extraHeaders: { ...way.header, ...authorization(way.token) },
    ...(way.subprotocol && { protocols: [way.subprotocol] }),
  });
  prepare(connection);
  // From now on: the server's agreement and its Close can come in one packet.
  const end = ending(connection);
  const giveUp = () => connection.terminate();
  signal?.addEventListener('abort', giveUp);
  return new Promise<Session>((resolve, reject) => {
    const fail = (why: string) => reject(new CommandError(exitCodes.NOT_CONNECTED, `${addressOf(url)}: ${why}`));
    connection.once('error', (error) => fail(troubleWords(error)));
    connection.once('close', (code, reason) => fail(`ended before it was open: ${closeWords(code, reason)}`));
    connection.once('connect', () => resolve({ connection, end }));
  }).finally(() => signal?.removeEventListener('abort', giveUp));
}

/** What was got is not said: half a token on a screen is one too many. @throws CommandError MISTAKE */
function authorization(token = ''): Record<string, string> {
  if (token === '') return {};
  // RFC 6750 section 2.1.
  if (/^[A-Za-z0-9._~+/-]+=*$/.test(token)) return { Authorization: `Bearer ${token}` };
  throw new CommandError(
    exitCodes.MISTAKE,
    'the token has characters that none has, such as spaces; was it cut or quoted?',
  );
}

function ending(connection: Connection): Promise<Ending> {
  return new Promise((resolve) => {
    connection.once('close', (code, reason) => resolve({ code, reason, clean: connection.closeReceived }));
  });
}

/** Resolves when the server has read everything that was sent before: it answers pings in their turn. */
export function readByServer(connection: Connection): Promise<void> {
  return new Promise((resolve) => {
    connection.on('pong', (payload) => payload === ALL_READ && resolve());
    connection.sendPing(ALL_READ);
  });
}

/**
 * Asks again and again whether the server is there, and ends a connection on which nothing has come since.
 * @param interval milliseconds between two questions, and for anything to come back
 * @param ask sends what a server answers
 */
export function watch(connection: Connection, interval: number, ask: () => void, silent: () => void): void {
  const { socket } = connection;
  let heard = -1;
  const timer = setInterval(() => {
    // What is not read, because nobody takes it from this side, says nothing about the other.
    if (socket.bytesRead === heard && !socket.isPaused()) {
      silent();
      connection.terminate();
      return;
    }
    heard = socket.bytesRead;
    ask();
  }, interval).unref();
  connection.once('close', () => clearInterval(timer));
}

/** Aborts at the first Ctrl-C or SIGTERM, so that a command can close its connection; the second ends at once. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  // Each handshake that is under way listens.
  setMaxListeners(0, controller.signal);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(exitCodes.INTERRUPTED.code);
      controller.abort();
    });
  }
  return controller.signal;
}

/** For what fails because it was told to: a handler of rejections that throws on all but these. */
export function unlessAborted(signal: AbortSignal): (error: unknown) => undefined {
  return (error) => {
    if (!signal.aborted) throw error;
  };
}

/** Resolves when a signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
