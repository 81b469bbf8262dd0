import type { Connection } from '../wire/connection.ts';
import { visible } from './words.ts';

/**
 * Prints each message that comes to standard output: a text as a line, or with `json` an object per line
 * `{"time":"…","size":7,"text":"…"}`; a binary message as `base64` in place of `text`.
 */
export function printMessage(connection: Connection, data: Buffer, isBinary: boolean, json: boolean): void {
  const line = json ? describe(data, isBinary) : plain(data, isBinary);
  if (process.stdout.write(`${line}\n`)) return;
  // Who reads this is slower than the server: it waits there, and not in memory here.
  connection.pause();
  process.stdout.once('drain', () => connection.resume());
}

function describe(data: Buffer, isBinary: boolean): string {
  const content = isBinary ? { base64: data.toString('base64') } : { text: data.toString() };
  const line = JSON.stringify({ time: new Date().toISOString(), size: data.length, ...content });
  // JSON leaves these as they are, and a terminal obeys some.
  return line.replace(/[\x7f-\x9f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

function plain(data: Buffer, isBinary: boolean): string {
  if (isBinary) return `(binary, ${data.length} bytes)`;
  return process.stdout.isTTY ? visible(data.toString()) : data.toString();
}

/** Says something beside the output. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}
