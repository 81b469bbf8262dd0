import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { errorMessage, eventMessage, gapMessage, resetMessage } from '../../rooms/messages.ts';
import { formatPosition, type Position } from '../../rooms/position.ts';
import type { Format, Reader } from '../../rooms/reader.ts';
import type { RoomError } from '../../rooms/room-error.ts';

/** A block of the stream: the position stands in `id`, from where an EventSource takes it when it comes back. */
function block(position: Position, data: string, event = ''): string {
  return `${event && `event: ${event}\n`}id: ${formatPosition(position)}\ndata: ${data}\n\n`;
}

export const eventStreamFormat: Format<string> = {
  encode: (event, position) => block(position, JSON.stringify(eventMessage(event, position))),
};

/** A line that means nothing: it keeps proxies from ending a stream that is silent, and finds out whether somebody is there. */
const COMMENT = ':\n\n';

/** Milliseconds after which a browser comes back when the stream broke. */
const RETRY_MS = 1_000;

/** Milliseconds between two looks whether little has gone out. */
const LOOK_MS = 50;

/** Somebody who reads a room as server-sent events (WHATWG HTML, section 9.2). */
export class EventStream implements Reader<string> {
  readonly #response: ServerResponse;
  /** What the socket had taken at the last beat, where more was waiting. */
  #stuckAt: number | undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  /**
   * Answers the request, with the position before the first event: a block without data only sets it.
   * @param headers what the answer has beside the headers of a stream
   */
  begin(position: Position, headers: OutgoingHttpHeaders): void {
    this.#response.writeHead(200, {
      ...headers,
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      // Nginx collects what it proxies unless it is told not to.
      'X-Accel-Buffering': 'no',
    });
    this.#response.write(`retry: ${RETRY_MS}\nid: ${formatPosition(position)}\n\n`);
  }

  /** Of a stream that was ended nothing more is taken. */
  get bufferedAmount(): number {
    return this.#response.writableEnded ? Infinity : this.#response.writableLength;
  }

  deliver(encoded: string): void {
    this.#write(encoded);
  }

  gap(from: Position, to: Position): void {
    this.#write(block(to, JSON.stringify(gapMessage(from, to)), 'gap'));
  }

  reset(position: Position): void {
    this.#write(block(position, JSON.stringify(resetMessage(position)), 'reset'));
  }

  whenDrained(callback: () => void): void {
    if (this.#response.writableEnded) return;
    if (this.#response.writableNeedDrain) this.#response.once('drain', callback);
    // What waits is too little for the response to tell when it has gone.
    else setTimeout(callback, this.#response.writableLength > 0 ? LOOK_MS : 0).unref();
  }

  /** Called at intervals; a peer that has taken nothing of what waits from one to the next is gone. */
  beat(): void {
    const { socket, writableLength } = this.#response;
    const taken = writableLength > 0 ? socket?.bytesWritten : undefined;
    if (taken !== undefined && taken === this.#stuckAt) this.#response.destroy();
    else if (taken === undefined) this.#write(COMMENT);
    this.#stuckAt = taken;
  }

  /** Ends the stream for good: a browser that comes back with the same request is refused. */
  fail(error: RoomError): void {
    this.#response.end(`event: ${error.code}\ndata: ${JSON.stringify(errorMessage(error))}\n\n`);
  }

  /** Ends the stream; the browser comes back after so many milliseconds. */
  end(retryMs: number): void {
    this.#response.end(`retry: ${retryMs}\n\n`);
  }

  /** Writing after the end would be an error of the response, and nobody listens for it. */
  #write(text: string): void {
    if (!this.#response.writableEnded) this.#response.write(text);
  }
}
