import type { ProtocolError } from '../../src/errors.ts';
import { FrameReader, type FrameSink } from '../../src/wire/frame-reader.ts';
import { decodeText } from '../../src/wire/message-reader.ts';

export type Event = readonly [kind: string, ...details: unknown[]];

export interface Limits {
  maxMessageBytes: number;
  maxFragments: number;
}

/** What a reader makes of some chunks; the pieces of a binary message are joined. The chunks stay as they are. */
export function read(chunks: readonly Buffer[], limits: Limits): Event[] {
  const events: Event[] = [];
  let pieces: Buffer[] | undefined;
  const sink: FrameSink = {
    onText: (...text) => events.push(['text', decodeText(...text)]),
    onBinary: (piece, first, last) => {
      if (first !== (pieces === undefined)) throw new Error(`a binary piece is first: ${first}, expected ${!first}`);
      pieces ??= [];
      pieces.push(Buffer.from(piece));
      if (!last) return;
      events.push(['binary', Buffer.concat(pieces).toString('hex')]);
      pieces = undefined;
    },
    onCompressed: () => {
      throw new Error('a compressed message, expected a violation: nobody has agreed on compression');
    },
    onPing: (payload) => events.push(['ping', payload.toString('hex')]),
    onPong: (payload) => events.push(['pong', payload.toString('hex')]),
    onClose: (code, reason) => events.push(['close', code, reason]),
    onViolation: (error: ProtocolError) => events.push(['violation', error.close.code]),
  };
  const reader = new FrameReader(sink, { masked: true, ...limits });
  let completed = 0;
  // The reader overwrites what it is given.
  for (const chunk of chunks) completed += reader.read(Buffer.from(chunk));
  const counted = events.filter(([kind]) => kind !== 'violation').length;
  const last = events.at(-1);
  // The frame that is a violation may count or not.
  if (completed !== counted && !(last?.[0] === 'violation' && completed === counted + 1)) {
    throw new Error(`the reader counts ${completed} messages and control frames, expected ${counted}`);
  }
  return events;
}

export const byteByByte = (bytes: Buffer): Buffer[] => Array.from(bytes, (byte) => Buffer.from([byte]));
