import { readFileSync } from 'node:fs';
import test from 'ava';
import { initials, TONES, toneOf } from '../../client/src/person.ts';

for (const [name, expected] of [
  ['小王', '小王'],
  ['欧阳娜娜', '娜娜'],
  ['访客12', '12'],
  ['Ada Lovelace', 'AL'],
  ['grace', 'G'],
  ['jean-luc_picard', 'JL'],
  ['👩‍🚀 Sally', '👩‍🚀S'],
  ['...', ''],
] as const) {
  test(`the picture of ${name} says “${expected}”`, (t) => {
    t.is(initials(name), expected);
  });
}

test('a name has the same tone however it is composed, and names spread over all tones', (t) => {
  t.is(toneOf('Zo\u00eb'), toneOf('Zoe\u0308'));
  const tones = new Set(Array.from({ length: 200 }, (_, index) => toneOf(`访客${index}`)));
  t.deepEqual(
    [...tones].sort((a, b) => a - b),
    Array.from({ length: TONES }, (_, index) => index),
  );
});

test('every tone can be read on the page and below the text of a picture, in both schemes', (t) => {
  const css = readFileSync(new URL('../../client/src/tones.css', import.meta.url), 'utf8');
  // The grounds of Bootstrap's body, which is the colour of the text of a picture too.
  for (const [scheme, ground] of [
    ['light', '#ffffff'],
    ['dark', '#212529'],
  ] as const) {
    const colours = Array.from(
      css.matchAll(new RegExp(`--${scheme}-tone: (#\\w{6})`, 'g')),
      ([, colour]) => colour ?? '',
    );
    t.is(colours.length, TONES);
    for (const colour of colours) t.true(contrast(colour, ground) >= 4.5, `${scheme} ${colour}`);
  }
});

/** Of WCAG 2.2: from 1 to 21. */
function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
