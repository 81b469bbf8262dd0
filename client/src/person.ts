/** Tones of the style sheet, `.tone-0` and so on. */
export const TONES = 12;

const graphemes = new Intl.Segmenter();

/** What stands for a name in its picture: the last two characters of a Chinese one, else the first letters of two words. */
export function initials(name: string): string {
  const split = (text: string) => Array.from(graphemes.segment(text), ({ segment }) => segment);
  if (/\p{Script=Han}/u.test(name)) return split(name.replace(/\s/g, '')).slice(-2).join('');
  const words = name.split(/[\s._-]+/).filter((word) => word !== '');
  return words
    .slice(0, 2)
    .map((word) => split(word)[0])
    .join('')
    .toUpperCase();
}

/** The same for the same name, everywhere. */
export function toneOf(name: string): number {
  let hash = 0;
  for (const unit of name.normalize('NFC')) hash = (Math.imul(hash, 31) + (unit.codePointAt(0) ?? 0)) >>> 0;
  // The low bits of such a hash alone would follow the last character.
  return (Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 16) % TONES;
}
