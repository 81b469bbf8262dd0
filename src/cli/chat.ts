import { randomBytes } from 'node:crypto';
import { clearScreenDown, createInterface, type Interface, moveCursor } from 'node:readline';
import { CommandError, type ExitCode, exitCodes } from './exit-codes.ts';
import { interruption, readByServer, type Session, type Way } from './session.ts';
import { stay } from './stay.ts';
import { addressOf, closeWords, visible } from './words.ts';

/** What /chat takes as a heartbeat, and its answer to the sender alone. */
const HEARTBEAT = 'hello';
const HEARTBEAT_ANSWER = '收到,hello';

export interface ChatOptions extends Way {
  readonly name?: string;
  /** False where an ended connection stays ended. */
  readonly reconnect: boolean;
  readonly ping: number;
}

/** A chat in a terminal: what others say above, one's own line below. Comes back when the connection ends. */
export async function chat(url: URL, options: ChatOptions): Promise<ExitCode> {
  if (options.name !== undefined) url.searchParams.set('name', options.name);
  // With it a room gives the name back at once to who lost the connection.
  if (url.pathname.includes('/rooms/') && !url.searchParams.has('client')) {
    url.searchParams.set('client', randomBytes(16).toString('hex'));
  }
  const speaksHello = url.pathname.endsWith('/chat');
  const left = new AbortController();
  const signal = AbortSignal.any([interruption(), left.signal]);
  const leave = () => left.abort();
  let session: Session | undefined;
  let lines: Interface | undefined;
  let unanswered = 0;

  const say = (line: string): void => print(line, lines);
  const hear = (text: string): void => {
    if (unanswered > 0 && text === HEARTBEAT_ANSWER) unanswered--;
    else say(visible(text));
  };
  const speak = (line: string): void => {
    if (line !== '' && !session?.connection.sendText(line)) say('(not connected: not sent)');
    lines?.prompt();
  };
  const finish = async (): Promise<void> => {
    // What was piped in is read before the farewell, and its answers come.
    if (session) await Promise.race([readByServer(session.connection), session.end]);
    leave();
  };
  const end = await stay(url, options, {
    reconnect: options.reconnect,
    ping: options.ping,
    signal,
    note: (line) => say(`(${line})`),
    prepare: (next) => {
      unanswered = 0;
      next.on('text', hear);
    },
    opened(next) {
      session = next;
      say(lines ? '(connected again)' : `(connected to ${addressOf(url)}; Ctrl-D leaves)`);
      lines ??= readLines(speak, leave, finish);
      lines.prompt();
    },
    ask(to) {
      to.sendPing();
      // In a room it would be said to everyone.
      if (speaksHello && to.sendText(HEARTBEAT)) unanswered++;
    },
  });
  const wantedToLeave = signal.aborted;
  lines?.close();
  process.stdin.destroy();
  if (wantedToLeave || end.code === 1000) return exitCodes.DONE;
  const how = closeWords(end.code, end.reason);
  throw new CommandError(exitCodes.LOST, `${addressOf(url)}: the server ended the connection: ${how}`);
}

function readLines(speak: (line: string) => void, leave: () => void, finish: () => Promise<void>): Interface {
  const terminal = process.stdin.isTTY && process.stdout.isTTY;
  const lines = createInterface({
    input: process.stdin,
    // Without a terminal there is nobody to prompt.
    ...(terminal && { output: process.stdout }),
    prompt: '> ',
  });
  return lines
    .on('line', speak)
    .on('SIGINT', leave)
    .on('close', () => void finish());
}

/** Prints a line above the one that is being typed. */
function print(line: string, lines: Interface | undefined): void {
  if (!lines?.terminal) {
    process.stdout.write(`${line}\n`);
    return;
  }
  moveCursor(process.stdout, 0, -lines.getCursorPos().rows);
  process.stdout.write('\r');
  clearScreenDown(process.stdout);
  process.stdout.write(`${line}\n`);
  lines.prompt(true);
}
