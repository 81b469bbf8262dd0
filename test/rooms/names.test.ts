import test from 'ava';
import {
  CHAT_NAMING,
  checkName,
  fromPool,
  guestName,
  guestNumber,
  ROOM_NAMING,
  withNumber,
} from '../../src/rooms/names.ts';

for (const [wish, name] of [
  ['李旺', '李旺'],
  ['  a b  ', 'a b'],
  ['e\u0301', 'é'],
  ['\u3000小李\ufeff', '小李'],
  ['名'.repeat(32), '名'.repeat(32)],
  ['😀'.repeat(32), '😀'.repeat(32)],
  [`${' '.repeat(100)}a`, 'a'],
  ['👨‍👩‍👧', '👨‍👩‍👧'],
  ['__proto__', '__proto__'],
  ['אבג', 'אבג'],
] as const) {
  test(`takes ${JSON.stringify(wish)} as ${JSON.stringify(name)}`, (t) => {
    t.deepEqual(checkName(wish), { name });
  });
}

for (const [wish, problem] of [
  ['', 'name: got an empty one, expected 1 to 32 characters'],
  [' \t ', 'name: got an empty one, expected 1 to 32 characters'],
  ['a'.repeat(33), 'name: got 33 characters, expected 1 to 32'],
  ['😀'.repeat(33), 'name: got 33 characters, expected 1 to 32'],
  ['a'.repeat(1_000_000), 'name: got 1000000 characters, expected 1 to 32'],
  ['a\nb', 'name: got a control character (U+000A), expected none'],
  ['a\0', 'name: got a control character (U+0000), expected none'],
  ['a\u007f', 'name: got a control character (U+007F), expected none'],
  ['a\u0085b', 'name: got a control character (U+0085), expected none'],
  ['a\u202eb', 'name: got a character that changes the direction of the text (U+202E), expected none'],
  ['\u2066a', 'name: got a character that changes the direction of the text (U+2066), expected none'],
  ['a\u2028b', 'name: got a line or paragraph separator (U+2028), expected none'],
  ['a\u2029b', 'name: got a line or paragraph separator (U+2029), expected none'],
  ['a\ud800', 'name: got half of a surrogate pair (U+D800), expected none'],
  ['\u200b\u200d', 'name: got only invisible characters, expected at least one visible'],
  ['\u3164', 'name: got only invisible characters, expected at least one visible'],
  ['\u200e\ufe0f', 'name: got only invisible characters, expected at least one visible'],
] as const) {
  test(`refuses ${escaped(wish.slice(0, 40))} of length ${wish.length}: ${problem}`, (t) => {
    t.deepEqual(checkName(wish), { problem });
  });
}

/** A title that changes its own direction would be hard to read. */
function escaped(text: string): string {
  const hex = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replace(/[^\x20-\x7e]/g, hex);
}

test('a pool gives its first free name, and guests are numbered from where it ends', (t) => {
  const taken = new Set(['小王', '小红']);
  t.is(
    fromPool(CHAT_NAMING, (name) => taken.has(name)),
    '小军',
  );
  t.is(
    fromPool(CHAT_NAMING, () => true),
    undefined,
  );
  t.is(guestName(CHAT_NAMING, CHAT_NAMING.guestFrom), '访客5');
  t.is(guestName(ROOM_NAMING, ROOM_NAMING.guestFrom), '访客1');
});

test('knows the number of a guest, and which names are no guests', (t) => {
  t.is(guestNumber(CHAT_NAMING, '访客5'), 5);
  t.is(guestNumber(ROOM_NAMING, '访客120'), 120);
  for (const name of ['访客4', '访客05', '访客', '访客5a', '小王', `访客${'9'.repeat(16)}`])
    t.is(guestNumber(CHAT_NAMING, name), undefined, name);
});

test('puts the lowest free number behind a name that is taken', (t) => {
  const taken = new Set(['小李', '小李2', '小李4']);
  const isTaken = (name: string) => taken.has(name);
  t.is(withNumber('小王', isTaken), '小王');
  t.is(withNumber('小李', isTaken), '小李3');
});

test('a name with a number stays within 32 characters', (t) => {
  const taken = new Set<string>();
  for (let i = 0; i < 150; i++) {
    const name = withNumber('😀'.repeat(32), (wanted) => taken.has(wanted));
    t.false(taken.has(name));
    t.true([...name].length <= 32, name);
    taken.add(name);
  }
  t.true(taken.has(`${'😀'.repeat(31)}2`));
  t.true(taken.has(`${'😀'.repeat(29)}150`));
  t.is(
    withNumber(`${'a'.repeat(30)} b`, (name) => name.endsWith('b')),
    `${'a'.repeat(30)}2`,
  );
});

test('finds a number in a few steps where thousands have the same name', (t) => {
  const taken = new Set<string>(['小李']);
  for (let number = 2; number <= 30_000; number++) taken.add(`小李${number}`);
  let asked = 0;
  const name = withNumber('小李', (wanted) => {
    asked++;
    return taken.has(wanted);
  });
  t.is(name, '小李30001');
  t.true(asked < 60, String(asked));
});
