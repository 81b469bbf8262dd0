import { checkName } from './names.ts';
import { type Position, parsePosition } from './position.ts';
import { RoomError } from './room-error.ts';
import { decodeRoomName } from './room-name.ts';

/** What a request to join asks for. */
export interface JoinRequest {
  readonly room: string;
  /** The name asked for. */
  readonly wish: string | undefined;
  readonly after: Position | undefined;
  /** The client's secret. */
  readonly client: string | undefined;
  /** How many of the newest events to begin with, where there is no position to go on from. */
  readonly last: number | undefined;
}

const CLIENT = /^[A-Za-z0-9_-]{8,64}$/;
const MAX_LAST = 1000;

/**
 * Reads the target of a request such as `/rooms/lobby?name=a&after=x:1`.
 * @param fixed the room, where the path does not name it with its last segment
 * @throws RoomError bad_room, bad_name, bad_position, bad_message
 */
export function parseJoinRequest(target: string, fixed?: string): JoinRequest {
  const [path = '', query = ''] = split(target);
  const parameters = new URLSearchParams(query);
  return {
    room: fixed ?? roomOf(path),
    wish: wishOf(parameters.get('name')),
    after: positionOf(parameters.get('after')),
    client: clientOf(parameters.get('client')),
    last: lastOf(parameters.get('last')),
  };
}

function split(target: string): [string, string] {
  const at = target.indexOf('?');
  return at === -1 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)];
}

function roomOf(path: string): string {
  const { room, problem } = decodeRoomName(path.slice(path.lastIndexOf('/') + 1));
  if (room === undefined) throw new RoomError('bad_room', problem);
  return room;
}

function wishOf(name: string | null): string | undefined {
  if (name === null) return undefined;
  const checked = checkName(name);
  if (checked.name === undefined) throw new RoomError('bad_name', checked.problem);
  return checked.name;
}

/** @throws RoomError bad_position */
export function positionOf(after: string | null | undefined): Position | undefined {
  if (after === null || after === undefined) return undefined;
  const position = parsePosition(after);
  if (!position)
    throw new RoomError('bad_position', `after: got ${shown(after)}, expected a position as the server gave it`);
  return position;
}

function clientOf(client: string | null): string | undefined {
  if (client === null || CLIENT.test(client)) return client ?? undefined;
  throw new RoomError(
    'bad_message',
    `client: got ${client.length} characters, expected 8 to 64 of A-Z, a-z, 0-9, - and _`,
  );
}

function lastOf(last: string | null): number | undefined {
  if (last === null) return undefined;
  if (/^\d{1,4}$/.test(last) && Number(last) <= MAX_LAST) return Number(last);
  throw new RoomError('bad_message', `last: got ${shown(last)}, expected a whole number from 0 to ${MAX_LAST}`);
}

function shown(value: string): string {
  return value.length <= 64 ? JSON.stringify(value) : `${value.length} characters`;
}
