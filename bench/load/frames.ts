import { randomBytes } from 'node:crypto';
import type { Dialect } from './task.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** The one message of a task: its frame as a client sends it, and how long its frame is when it comes back. */
export function messageOf(event: 'echo' | 'broadcast', bytes: number, dialect: Dialect) {
  const text = ALPHABET.repeat(Math.ceil(bytes / ALPHABET.length)).slice(0, bytes);
  if (dialect === 'text') return { request: maskedFrame(text), answerBytes: frameBytes(text) };
  // A Socket.IO event has a name, and the answer is an event too.
  const [request, answer] = [event, 'm'].map((name) => `42${JSON.stringify([name, text])}`) as [string, string];
  return { request: maskedFrame(request), answerBytes: frameBytes(answer) };
}

/** A whole text in one frame, masked as a client must. */
export function maskedFrame(text: string): Buffer {
  const length = text.length < 126 ? [0x80 | text.length] : [0x80 | 126, text.length >> 8, text.length & 255];
  const key = randomBytes(4);
  const payload = Buffer.from(text, 'latin1').map((byte, i) => byte ^ (key[i % 4] as number));
  return Buffer.concat([Buffer.from([0x81, ...length]), key, payload]);
}

function frameBytes(text: string): number {
  return text.length + (text.length < 126 ? 2 : 4);
}

export function upgradeRequest(path: string, port: number): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}
