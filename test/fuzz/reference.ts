import type { Event, Limits } from './reading.ts';

interface Message {
  text: boolean;
  payload: Buffer;
  frames: number;
}

/** Thrown to end the reading; it never leaves this file. */
class End {
  readonly event: Event | undefined;
  constructor(event?: Event) {
    this.event = event;
  }
}

const violation = (code: number) => new End(['violation', code]);

/** Codes of RFC 6455 section 7.4.1 and of the IANA registry that may stand in a Close frame, and the open range. */
const mayClose = (code: number) =>
  [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014].includes(code) ||
  (code > 2999 && code < 5000);

/**
 * The receiving side of RFC 6455 a second time, written from the text of the RFC and for nothing but to be obvious:
 * all bytes lie there, each frame is cut out and judged. What a server must find in bytes that may end anywhere.
 */
export function referenceRead(bytes: Buffer, limits: Limits): Event[] {
  const events: Event[] = [];
  let message: Message | undefined;
  let at = 0;
  const take = (count: number) => {
    if (at + count > bytes.length) throw new End();
    at += count;
    return bytes.subarray(at - count, at);
  };
  const number = (count: number) => take(count).reduce((sum, byte) => sum * 256 + byte, 0);

  function length(short: number): number {
    if (short < 126) return short;
    if (short === 127 && (bytes[at] ?? 0) > 127 && at + 8 <= bytes.length) throw violation(1002);
    const value = number(short === 126 ? 2 : 8);
    if (value <= (short === 126 ? 125 : 65_535)) throw violation(1002);
    return value;
  }

  function frame(): void {
    const first = number(1);
    const opcode = first % 16;
    const fin = first > 127;
    const control = opcode > 7;
    if (first & 0x70) throw violation(1002);
    if (![0, 1, 2, 8, 9, 10].includes(opcode)) throw violation(1002);
    if (control && !fin) throw violation(1002);
    if (!control && (opcode === 0) !== (message !== undefined)) throw violation(1002);
    const second = number(1);
    if (second < 128) throw violation(1002);
    if (control && second > 128 + 125) throw violation(1002);
    const size = length(second - 128);
    if (!control) {
      if ((message?.payload.length ?? 0) + size > limits.maxMessageBytes) throw violation(1009);
      if ((message?.frames ?? 0) >= limits.maxFragments) throw violation(1009);
    }
    const key = take(4);
    const payload = Buffer.from(bytes.subarray(at, at + size).map((byte, i) => byte ^ (key[i % 4] as number)));
    const whole = payload.length === size;
    at += payload.length;
    if (control) {
      if (whole) events.push(controlEvent(opcode, payload));
      else throw new End();
      return;
    }
    message ??= { text: opcode === 1, payload: Buffer.alloc(0), frames: 0 };
    message.payload = Buffer.concat([message.payload, payload]);
    message.frames++;
    const text = message.text ? decode(message.payload, whole && fin) : undefined;
    if (!whole) throw new End();
    if (!fin) return;
    events.push(text === undefined ? ['binary', message.payload.toString('hex')] : ['text', text]);
    message = undefined;
  }

  try {
    for (;;) frame();
  } catch (end) {
    if (!(end instanceof End)) throw end;
    return end.event ? [...events, end.event] : events;
  }
}

function controlEvent(opcode: number, payload: Buffer): Event {
  if (opcode === 9) return ['ping', payload.toString('hex')];
  if (opcode === 10) return ['pong', payload.toString('hex')];
  if (payload.length === 0) throw new End(['close', 1005, '']);
  if (payload.length === 1 || !mayClose(payload.readUInt16BE())) throw violation(1002);
  throw new End(['close', payload.readUInt16BE(), decode(payload.subarray(2), true)]);
}

/** The platform's own decoder; of a text that goes on it is told so. */
function decode(bytes: Buffer, last: boolean): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: !last });
  } catch {
    throw violation(1007);
  }
}
