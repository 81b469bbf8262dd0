/** In code points. */
const MAX_ROOM_NAME_LENGTH = 64;

/** The name of a room, or what is wrong with it. */
export type CheckedRoomName = { room: string; problem?: never } | { room?: never; problem: string };

const NOT_ALLOWED = /[^\p{Letter}\p{Mark}\p{Decimal_Number}\-_.]|\p{Default_Ignorable_Code_Point}/u;

/** The room of a path's segment, as it stands in the request: percent-encoded. */
export function decodeRoomName(segment: string): CheckedRoomName {
  let room: string;
  try {
    room = decodeURIComponent(segment);
  } catch {
    return { problem: 'room: got a name that is no percent-encoded UTF-8' };
  }
  const problem = roomNameProblem(room);
  return problem === undefined ? { room } : { problem };
}

/**
 * What is wrong with the name of a room; undefined where nothing is.
 *
 * Nothing is changed on the way: a name that normalises to another one (NFKC) is refused, so that a room has one name only.
 */
export function roomNameProblem(room: string): string | undefined {
  // Before anything that costs more the longer it is.
  if (room.length > 2 * MAX_ROOM_NAME_LENGTH) return wrongLength(room.length);
  const length = [...room].length;
  if (length === 0 || length > MAX_ROOM_NAME_LENGTH) return wrongLength(length);
  const [found] = NOT_ALLOWED.exec(room) ?? [];
  if (found !== undefined) {
    const code = (found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return `room: got the character U+${code}, expected letters, marks, digits, "-", "_" and "."`;
  }
  if (room.startsWith('.')) return 'room: got a name that begins with a dot, expected another first character';
  if (room.normalize('NFKC') !== room) {
    return `room: got a name that is not normalised, expected its NFKC form ${JSON.stringify(room.normalize('NFKC'))}`;
  }
  return undefined;
}

function wrongLength(length: number): string {
  return `room: got ${length} characters, expected 1 to ${MAX_ROOM_NAME_LENGTH}`;
}
