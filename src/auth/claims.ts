import type { JWTPayload } from 'jose';
import { checkName } from '../rooms/names.ts';
import { RoomError } from '../rooms/room-error.ts';
import { checkOperatorRights, type OperatorRight } from './operator-rights.ts';
import { checkRoomRights, type RoomRights } from './room-rights.ts';

/** What a token says. */
export interface Claims {
  /** The name in rooms. */
  readonly subject: string;
  /** In milliseconds since 1970. */
  readonly expires: number;
  readonly rooms: RoomRights;
  /** Beside the rooms: on the server itself. */
  readonly operator: readonly OperatorRight[];
}

/** The last moment that a Date knows. */
const END_OF_TIME = 8.64e15;

/** Reads the claims of a token whose signature and times are right. @throws RoomError unauthorized */
export function readClaims(payload: JWTPayload & { rooms?: unknown; operator?: unknown }): Claims {
  const { sub, exp = 0, rooms = {}, operator = [] } = payload;
  const { name, problem } = checkName(typeof sub === 'string' ? sub : '');
  if (name === undefined) throw wrong(`sub: ${problem}`);
  return {
    subject: name,
    expires: Math.min(exp * 1000, END_OF_TIME),
    rooms: readRooms(rooms),
    operator: checked(() => checkOperatorRights(operator)),
  };
}

function readRooms(rooms: unknown): RoomRights {
  if (typeof rooms !== 'object' || rooms === null || Array.isArray(rooms)) {
    throw wrong('rooms: got no object, expected rights by patterns of rooms, such as {"lobby":["read"]}');
  }
  return checked(() => checkRoomRights(Object.entries(rooms)));
}

function checked<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw wrong((error as TypeError).message);
  }
}

function wrong(problem: string): RoomError {
  return new RoomError('unauthorized', `token: ${problem}`);
}
