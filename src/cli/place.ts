import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { packageRoot } from '../package-info.ts';

/** What to change, and in which file of this package. */
export interface Place {
  /** Relative to the package, or absolute. */
  readonly file: string;
  /** The beginning of the line, without its indentation. */
  readonly line: string;
}

/** A place in words, with the number of its line where the file is at hand and has it. */
export function describePlace({ file, line }: Place, read: (file: string) => string = readShipped): string {
  const number = lineNumber(read(file), line);
  return number ? `${file}:${number}, ${line}` : `${file}, ${line}`;
}

/** The number of the first line that begins with a text, from 1; 0 where there is none. */
export function lineNumber(text: string, beginning: string): number {
  return text.split('\n').findIndex((line) => line.trimStart().startsWith(beginning)) + 1;
}

function readShipped(file: string): string {
  try {
    return readFileSync(resolve(packageRoot, file), 'utf8');
  } catch {
    return '';
  }
}
