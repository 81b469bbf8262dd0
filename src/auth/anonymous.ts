import { TextEventError } from '../errors.ts';
import { RIGHTS } from '../handlers/visitor.ts';
import { checkRoomRights, type RoomRights } from './room-rights.ts';

/** What somebody without a token may do. */
export interface AnonymousAccess {
  /** May they have a WebSocket at this path? Not asked of rooms. */
  mayEnter(path: string): boolean;
  readonly rooms: RoomRights;
}

const ROOMS = '/rooms/';
const NAME = 'ANONYMOUS_ACCESS';

const everyRoom: RoomRights = [['*', RIGHTS]];

/**
 * Reads `ANONYMOUS_ACCESS`: `all`, `off`, `auto`, or paths and rooms such as `/chat /rooms/lobby=read,presence`.
 * @param hasTokens whether there are tokens at all; without them `auto` is `all`, else all but rooms
 * @returns undefined where everybody may do everything
 * @throws TextEventError ERR_CONFIG
 */
export function readAnonymousAccess(text: string, hasTokens: boolean): AnonymousAccess | undefined {
  if (text === 'all') return hasTokens ? { mayEnter: () => true, rooms: everyRoom } : undefined;
  if (text === 'auto') return hasTokens ? { mayEnter: () => true, rooms: [] } : undefined;
  if (text === 'off') return { mayEnter: () => false, rooms: [] };
  const paths = new Set<string>();
  const rooms: [string, string[]][] = [];
  for (const item of text.split(/\s+/)) {
    const [place = '', rights, ...more] = item.split('=');
    if (place.startsWith(ROOMS) && more.length === 0) {
      rooms.push([place.slice(ROOMS.length), rights === undefined ? [...RIGHTS] : rights.split(',')]);
    } else if (place.startsWith('/') && rights === undefined) paths.add(place);
    else
      throw mistake(`got ${JSON.stringify(item)}, expected all, off, auto, or paths such as /chat /rooms/lobby=read`);
  }
  return { mayEnter: (path) => paths.has(path), rooms: checked(rooms) };
}

function checked(rooms: [string, string[]][]): RoomRights {
  try {
    return checkRoomRights(rooms);
  } catch (error) {
    throw mistake((error as TypeError).message);
  }
}

function mistake(why: string): TextEventError {
  return new TextEventError('ERR_CONFIG', `${NAME}: ${why}`);
}
