/** In characters; the longest name of a room has 64. */
const MAX_LENGTH = 64;

const PATTERN = /^[\p{Letter}\p{Mark}\p{Decimal_Number}\-_.*]+$/u;

/** Whether a text can be a pattern of room names: what a name is made of, and `*`, which stands for any characters, or none. */
export function isRoomPattern(pattern: string): boolean {
  return pattern.length <= MAX_LENGTH && PATTERN.test(pattern);
}

/** Whether a room is one of a pattern's. */
export function matchesRoom(pattern: string, room: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === room;
  if (!room.startsWith(first) || !room.endsWith(last)) return false;
  // The leftmost place for each piece leaves the most for the next one, so nothing is tried twice.
  let from = first.length;
  for (const piece of rest) {
    const at = room.indexOf(piece, from);
    if (at === -1) return false;
    from = at + piece.length;
  }
  return from <= room.length - last.length;
}
