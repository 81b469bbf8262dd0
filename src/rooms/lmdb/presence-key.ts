/** Of at least two parts: lmdb gives a key of one part back as that part alone. */
export type Key = (string | number)[];

/** Above every number and every text that is a part of a key. */
export const LAST_NUMBER = Number.MAX_SAFE_INTEGER;
export const LAST_TEXT = '\u{10ffff}';

/** Every key that begins with this text. */
export function within(first: string): { start: Key; end: Key } {
  return { start: [first], end: [first, LAST_TEXT] };
}
