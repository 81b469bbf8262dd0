import type { Connection } from './connection.ts';
import { headerBytesFor } from './frame.ts';
import { copyOf, isLent, keep, sliceOf } from './lent.ts';
import { decodeText } from './message-reader.ts';
import { forgetMessage, RELAY_FROM, rememberMessage } from './relay.ts';

/** The bytes of the text that was handed out last, so that sending it on does not validate it again. */
let lastValidText: Uint8Array | undefined;

/** Whether bytes are those of a text that has just come. */
export function isDeliveredText(bytes: Uint8Array): boolean {
  return bytes === lastValidText;
}

/** Hands a whole text to who listens: decoded as `text`, as bytes as `message`. */
export function deliverText(connection: Connection, bytes: Buffer, start: number, end: number, ascii: boolean): void {
  if (connection.readyState === connection.OPEN && connection.listenerCount('text') > 0) {
    const text = decodeText(bytes, start, end, ascii);
    rememberMessage(text, bytes, start, end);
    try {
      connection.emit('text', text);
    } finally {
      forgetMessage();
    }
  }
  // A listener of `text` may have closed it.
  if (connection.readyState === connection.OPEN && connection.listenerCount('message') > 0) {
    if (isLent(bytes) && end - start >= RELAY_FROM) deliverCopy(connection, bytes, start, end);
    else deliverBytes(connection, keep(bytes, start, end), bytes, start, end);
  }
  if (connection.readyState === connection.OPEN && connection.listenerCount('lent') > 0) {
    const data = sliceOf(bytes, start, end);
    lastValidText = data;
    connection.emit('lent', data, false);
  }
}

/** A long one has room for a header before it, in case that it is sent on. */
function deliverCopy(connection: Connection, bytes: Buffer, start: number, end: number): void {
  const room = headerBytesFor(end - start);
  const copy = copyOf(bytes, start, end, room);
  deliverBytes(connection, copy.subarray(room), copy, room, copy.length);
}

/** @param data the text, which lies in `chunk` from `start` to `end`, if it is long */
function deliverBytes(connection: Connection, data: Buffer, chunk: Buffer, start: number, end: number): void {
  lastValidText = data;
  rememberMessage(data, chunk, start, end);
  try {
    connection.emit('message', data, false);
  } finally {
    forgetMessage();
  }
}
