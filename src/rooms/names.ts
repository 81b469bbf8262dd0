/** How those are named who do not ask for a name: first from a pool, then as numbered guests, lowest number first. */
export interface Naming {
  /** Given out in this order; a name comes back when its owner has left. */
  readonly pool: readonly string[];
  /** What stands before the number of a guest. */
  readonly guestPrefix: string;
  /** The first guest's number. */
  readonly guestFrom: number;
}

/** The names of the chat at /chat. */
export const CHAT_NAMING: Naming = { pool: ['小王', '小军', '小红', '小明'], guestPrefix: '访客', guestFrom: 5 };

/** The names in rooms. */
export const ROOM_NAMING: Naming = { pool: [], guestPrefix: '访客', guestFrom: 1 };

/** In code points. */
const MAX_NAME_LENGTH = 32;

/** A name as it is used, or what is wrong with the one that was asked for. */
export type CheckedName = { name: string; problem?: never } | { name?: never; problem: string };

/** A name of these alone shows nothing. */
const INVISIBLE = /^[\p{Default_Ignorable_Code_Point}\p{Mark}\p{Separator}\u2800]*$/u;

const FORBIDDEN: readonly [RegExp, string][] = [
  [/\p{Control}/u, 'a control character'],
  [/[\u202a-\u202e\u2066-\u2069]/u, 'a character that changes the direction of the text'],
  [/[\u2028\u2029]/u, 'a line or paragraph separator'],
  [/\p{Surrogate}/u, 'half of a surrogate pair'],
];

/** Normalises a name that somebody asks for (trimmed, NFC), and says what is wrong with one that cannot be. */
export function checkName(wish: string): CheckedName {
  // Normalising is bounded by nothing else.
  if (wish.length > 100 * MAX_NAME_LENGTH) return { problem: tooLong(wish.length) };
  const name = wish.trim().normalize('NFC').trim();
  const length = [...name].length;
  if (length > MAX_NAME_LENGTH) return { problem: tooLong(length) };
  for (const [pattern, what] of FORBIDDEN) {
    const [found] = pattern.exec(name) ?? [];
    if (found !== undefined) return { problem: `name: got ${what} (${codePoint(found)}), expected none` };
  }
  if (name === '') return { problem: `name: got an empty one, expected 1 to ${MAX_NAME_LENGTH} characters` };
  if (INVISIBLE.test(name)) return { problem: 'name: got only invisible characters, expected at least one visible' };
  return { name };
}

function tooLong(length: number): string {
  return `name: got ${length} characters, expected 1 to ${MAX_NAME_LENGTH}`;
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** The first of a pool that is free. */
export function fromPool({ pool }: Naming, isTaken: (name: string) => boolean): string | undefined {
  return pool.find((name) => !isTaken(name));
}

/** The guest of a number: `访客5`. */
export function guestName({ guestPrefix }: Naming, number: number): string {
  return `${guestPrefix}${number}`;
}

/** The number of a guest; undefined for a name that is no guest's. */
export function guestNumber({ guestPrefix, guestFrom }: Naming, name: string): number | undefined {
  if (!name.startsWith(guestPrefix)) return undefined;
  const digits = name.slice(guestPrefix.length);
  return /^[1-9]\d{0,14}$/.test(digits) && Number(digits) >= guestFrom ? Number(digits) : undefined;
}

/** Up to here the lowest free number is looked for one by one. */
const ONE_BY_ONE = 20;

/**
 * A name that is free: the one asked for, or where it is taken with a number behind it, `小李2`. The number is the lowest
 * that is free up to 20; beyond that it is one that follows a taken one, found in a few steps however many have the name.
 */
export function withNumber(name: string, isTaken: (name: string) => boolean): string {
  if (!isTaken(name)) return name;
  for (let number = 2; number <= ONE_BY_ONE; number++) {
    const numbered = append(name, number);
    if (!isTaken(numbered)) return numbered;
  }
  let taken = ONE_BY_ONE;
  let free = 2 * taken;
  for (; isTaken(append(name, free)); free *= 2) taken = free;
  while (free - taken > 1) {
    const middle = Math.floor((taken + free) / 2);
    if (isTaken(append(name, middle))) taken = middle;
    else free = middle;
  }
  return append(name, free);
}

/** For a store that does in a script what `withNumber` does: a name as it stands before a number of 1, 2, 3… digits. */
export function stemsOf(name: string): { oneByOne: number; stems: string[] } {
  return { oneByOne: ONE_BY_ONE, stems: Array.from({ length: 12 }, (_, i) => stemOf(name, i + 1)) };
}

function append(name: string, number: number): string {
  const digits = String(number);
  return stemOf(name, digits.length) + digits;
}

/** Cut where it would become too long; what a cut leaves dangling goes too. */
function stemOf(name: string, digits: number): string {
  const characters = [...name];
  if (characters.length + digits <= MAX_NAME_LENGTH) return name;
  const cut = characters.slice(0, MAX_NAME_LENGTH - digits).join('');
  return cut.replace(/[\p{Separator}\u200d]+$/u, '');
}
