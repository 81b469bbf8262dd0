import type { Socket } from 'node:net';
import type { BufferBudget } from './buffer-budget.ts';
import { isPlain, type Sink, writeTo } from './direct-socket.ts';
import { writeAtOnce } from './write-request.ts';

/** Called when the frame's bytes were handed to the operating system, or with the error that kept them from it. */
export type SentCallback = (error?: Error | null) => void;

/** What a writer needs of a socket; `net.Socket` and `tls.TLSSocket` have it. */
export interface WritableSocket extends Sink {
  readonly destroyed: boolean;
  readonly writableHighWaterMark: number;
  end(): unknown;
}

/** Who is told what becomes of what was written. */
export interface WriterOwner {
  /** Everything was taken, after more had waited than the socket's high-water mark. */
  onDrain(): void;
  /** What waits here took all connections together over their bound. */
  onOverBudget(): void;
}

/** The bytes of one turn of the event loop. */
interface Turn {
  bytes: Buffer;
  callbacks: SentCallback[] | undefined;
}

let untaken = 0;

/** How many writes have not been taken by the system at once: what they were given is not to be overwritten yet. */
export function untakenWrites(): number {
  return untaken;
}

/** Turns that wait are written together up to so many bytes. */
const JOIN_BYTES = 64 * 1024;

/** Writes to one socket, one thing at a time; what a slow reader does not take waits here, and is counted. */
export class SocketWriter {
  readonly #socket: WritableSocket;
  /** The same where it has no stream that is needed. */
  readonly #plain: Socket | undefined;
  readonly #budget: BufferBudget;
  readonly #owner: WriterOwner;
  /** What the socket was given and has not taken. */
  #stuck: Turn | undefined = undefined;
  /** What waits behind it. */
  #waiting: Turn[] | undefined = undefined;
  #bytes = 0;
  #owesDrain = false;
  #ending = false;

  constructor(socket: WritableSocket, budget: BufferBudget, owner: WriterOwner) {
    this.#socket = socket;
    this.#plain = isPlain(socket) ? socket : undefined;
    this.#budget = budget;
    this.#owner = owner;
  }

  /** Bytes that the operating system has not taken. */
  get bytes(): number {
    return this.#bytes;
  }

  write(bytes: Buffer, callbacks: SentCallback[] | undefined): void {
    if (this.#stuck === undefined) {
      this.#hand(bytes, callbacks);
    } else {
      untaken++;
      const turn = { bytes, callbacks };
      this.#waiting ??= [];
      this.#waiting.push(turn);
      this.#stays(turn);
    }
    if (this.#stuck !== undefined && this.#budget.exceeded) this.#owner.onOverBudget();
  }

  /** Ends the socket when everything has gone out. */
  end(): void {
    if (this.#stuck === undefined) this.#socket.end();
    else this.#ending = true;
  }

  /** Forgets what waits; its callbacks are called with `error` if there is one. */
  clear(error?: Error): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const { bytes, callbacks } of waiting) {
      this.#goes(bytes);
      if (error) callLater(callbacks, error);
    }
  }

  #hand(bytes: Buffer, callbacks: SentCallback[] | undefined): void {
    const plain = this.#plain;
    const direct = plain !== undefined && plain.writableLength === 0 && !plain.writableEnded;
    const request = direct ? writeAtOnce(plain, bytes) : undefined;
    if (request === true) {
      callLater(callbacks, undefined);
      return;
    }
    untaken++;
    const turn = { bytes, callbacks };
    const written = (error?: Error | null) => this.#written(turn, error);
    if (request === undefined) {
      if (writeTo(this.#socket, bytes, written)) return;
    } else {
      request.callback = (error) => {
        // As the stream does.
        if (error) plain?.destroy(error);
        written(error);
      };
    }
    this.#stuck = turn;
    this.#stays(turn);
  }

  #stays({ bytes }: Turn): void {
    this.#bytes += bytes.length;
    this.#budget.hold(bytes);
    if (this.#bytes >= this.#socket.writableHighWaterMark) this.#owesDrain = true;
  }

  #goes(bytes: Buffer): void {
    this.#bytes -= bytes.length;
    this.#budget.release(bytes);
  }

  #written(turn: Turn, error: Error | null | undefined): void {
    callLater(turn.callbacks, error);
    if (this.#stuck !== turn) return;
    this.#stuck = undefined;
    this.#goes(turn.bytes);
    if (this.#socket.destroyed) {
      this.clear(error ?? new Error('The socket was closed before everything was sent'));
      return;
    }
    while (this.#stuck === undefined && this.#waiting !== undefined) this.#handNext(this.#waiting);
    if (this.#stuck !== undefined) return;
    if (this.#ending) this.#socket.end();
    if (!this.#owesDrain) return;
    this.#owesDrain = false;
    this.#owner.onDrain();
  }

  /** One turn, or several short ones as one. */
  #handNext(waiting: Turn[]): void {
    let count = 0;
    for (let bytes = 0; count < waiting.length; count++) {
      bytes += (waiting[count] as Turn).bytes.length;
      if (count > 0 && bytes > JOIN_BYTES) break;
    }
    const turns = waiting.splice(0, count);
    if (waiting.length === 0) this.#waiting = undefined;
    for (const { bytes } of turns) this.#goes(bytes);
    const [first] = turns;
    if (first !== undefined && turns.length === 1) {
      this.#hand(first.bytes, first.callbacks);
      return;
    }
    const callbacks = turns.flatMap((turn) => turn.callbacks ?? []);
    this.#hand(Buffer.concat(turns.map((turn) => turn.bytes)), callbacks.length > 0 ? callbacks : undefined);
  }
}

/** Never in the middle of a call that writes. */
function callLater(callbacks: SentCallback[] | undefined, error: Error | null | undefined): void {
  if (callbacks !== undefined) process.nextTick(callAll, callbacks, error);
}

function callAll(callbacks: SentCallback[], error: Error | null | undefined): void {
  for (const callback of callbacks) callback(error);
}
