import type { Connection } from './connection.ts';
import { decodeText } from './message-reader.ts';
import { forgetMessage, rememberMessage } from './relay.ts';

/** The bytes of the text that was handed out last, so that sending it on does not validate it again. */
let lastValidText: Uint8Array | undefined;

// The chunk that was looked at last: it often holds many messages, and asking it for its memory costs more than a Buffer.
let viewed: Buffer | undefined;
let memory: ArrayBufferLike;

/** What `bytes.subarray` gives, at less than half its price. */
function sliceOf(bytes: Buffer, start: number, end: number): Buffer {
  if (bytes !== viewed) {
    viewed = bytes;
    memory = bytes.buffer;
  }
  return Buffer.from(memory, bytes.byteOffset + start, end - start);
}

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
    const data = sliceOf(bytes, start, end);
    lastValidText = data;
    rememberMessage(data, bytes, start, end);
    try {
      connection.emit('message', data, false);
    } finally {
      forgetMessage();
    }
  }
}
