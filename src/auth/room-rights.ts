import { RIGHTS, type Right } from '../handlers/visitor.ts';
import { isRoomPattern, matchesRoom } from './room-pattern.ts';

/** Rights by patterns of rooms; where several match a room, all of theirs. */
export type RoomRights = readonly (readonly [pattern: string, rights: readonly Right[]])[];

/** Each is looked at for every line that is published. */
const MAX_PATTERNS = 100;

const ALLOWED = `expected ${RIGHTS.join(', ')}`;

export function allows(rooms: RoomRights, right: Right, room: string): boolean {
  return rooms.some(([pattern, rights]) => rights.includes(right) && matchesRoom(pattern, room));
}

/**
 * Checks rights that came from outside.
 * @throws TypeError with what was got and what was expected
 */
export function checkRoomRights(entries: readonly (readonly [string, unknown])[]): RoomRights {
  if (entries.length > MAX_PATTERNS) {
    throw new TypeError(`rooms: got ${entries.length} patterns, expected ${MAX_PATTERNS} at most`);
  }
  return entries.map(([pattern, rights]) => {
    if (!isRoomPattern(pattern)) {
      const got = JSON.stringify(pattern.slice(0, 80));
      throw new TypeError(`rooms: got the pattern ${got}, expected the characters of a room's name, and *`);
    }
    if (!Array.isArray(rights)) throw new TypeError(`rooms: got no list of rights, ${ALLOWED}`);
    return [pattern, rights.map(checkRight)] as const;
  });
}

function checkRight(value: unknown): Right {
  const right = RIGHTS.find((known) => known === value);
  if (right) return right;
  throw new TypeError(`rooms: got the right ${JSON.stringify(value)?.slice(0, 80)}, ${ALLOWED}`);
}
