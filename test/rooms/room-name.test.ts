import test from 'ava';
import { decodeRoomName, roomNameProblem } from '../../src/rooms/room-name.ts';

for (const room of [
  'a',
  '大厅',
  'été',
  'नमस्ते',
  'a-b_c.d',
  '٣',
  '__proto__',
  'constructor',
  'x'.repeat(64),
  '𠮷'.repeat(64),
]) {
  test(`decodes the room ${room}`, (t) => {
    t.deepEqual(decodeRoomName(encodeURIComponent(room)), { room });
  });
}

for (const [segment, problem] of [
  ['', 'room: got 0 characters, expected 1 to 64'],
  ['x'.repeat(65), 'room: got 65 characters, expected 1 to 64'],
  ['%F0%A0%AE%B7'.repeat(65), 'room: got 130 characters, expected 1 to 64'],
  ['%', 'room: got a name that is no percent-encoded UTF-8'],
  ['%ff', 'room: got a name that is no percent-encoded UTF-8'],
  ['a%2Fb', 'room: got the character U+002F, expected letters, marks, digits, "-", "_" and "."'],
  ['a%20b', 'room: got the character U+0020, expected letters, marks, digits, "-", "_" and "."'],
  ['a+b', 'room: got the character U+002B, expected letters, marks, digits, "-", "_" and "."'],
  ['a%00', 'room: got the character U+0000, expected letters, marks, digits, "-", "_" and "."'],
  ['a%E2%80%8Bb', 'room: got the character U+200B, expected letters, marks, digits, "-", "_" and "."'],
  ['%E1%85%9F', 'room: got the character U+115F, expected letters, marks, digits, "-", "_" and "."'],
  ['%F0%9F%98%80', 'room: got the character U+1F600, expected letters, marks, digits, "-", "_" and "."'],
  ['.hidden', 'room: got a name that begins with a dot, expected another first character'],
  ['..', 'room: got a name that begins with a dot, expected another first character'],
  ['e%CC%81', 'room: got a name that is not normalised, expected its NFKC form "é"'],
  ['%EF%BC%A1', 'room: got a name that is not normalised, expected its NFKC form "A"'],
] as const) {
  test(`refuses ${segment.slice(0, 40)} of length ${segment.length}: ${problem}`, (t) => {
    t.deepEqual(decodeRoomName(segment), { problem });
  });
}

test('a name that is no string of characters is refused', (t) => {
  t.regex(roomNameProblem('\ud800') ?? '', /got the character U\+D800/);
});
