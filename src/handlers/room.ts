import { closeCodes } from '../close-codes.ts';
import { type JoinRequest, parseJoinRequest } from '../rooms/join-request.ts';
import { memoryRooms } from '../rooms/memory/rooms.ts';
import { ROOM_NAMING } from '../rooms/names.ts';
import type { Position } from '../rooms/position.ts';
import { SUBPROTOCOL } from '../rooms/protocol.ts';
import { RoomError } from '../rooms/room-error.ts';
import type { Rooms, Start } from '../rooms/rooms.ts';
import type { Connection } from '../wire/connection.ts';
import type { ConnectionHandler } from './handler.ts';
import { Participant } from './participant.ts';
import { refuseBadQuery, sendAwayBadQuery } from './query.ts';
import { RoomSession } from './room-session.ts';
import { textFormat } from './text-reader.ts';
import type { Visitor, VisitorOf } from './visitor.ts';

export interface RoomOptions {
  /** @default rooms of its own, in memory */
  rooms?: Rooms;
  /** The one room of this path. @default the one that the path's last segment names */
  room?: string;
  /** Says who sent a request, and what they may do. @default everybody may do everything */
  visitorOf?: VisitorOf | undefined;
}

/** Lines that a reader of bare text gets first. */
const DEFAULT_LAST = 20;

/** Bare text: a line as people read it. */
const lines = textFormat(({ from, text }) => `${from}:${text}`);

/**
 * A room that loses nothing: in JSON for clients that speak the subprotocol `text-event.v1.json`, else in bare text. Path
 * and query say which room, and how to join: docs/protocol.md.
 */
export function room({ rooms = memoryRooms(), room: fixed, visitorOf }: RoomOptions = {}): ConnectionHandler {
  const returning = new Map<string, Participant>();
  const handler: ConnectionHandler = (connection, incoming) => {
    const request = parse(connection.path, fixed);
    if (request instanceof RoomError) {
      sendAwayBadQuery(connection, request.message);
      return;
    }
    const visitor = visitorOf?.(incoming);
    const problem = visitor?.problem('read', request.room);
    if (problem) {
      sendAwayBadQuery(connection, problem.message);
      return;
    }
    const entry = {
      connection,
      rooms,
      request: { ...request, wish: visitor?.name ?? request.wish },
      returning,
      visitor,
    };
    if (connection.protocol === SUBPROTOCOL) joinInJson(entry);
    else joinInText(entry);
  };
  handler.protocols = [SUBPROTOCOL];
  handler.refuse = ({ url = '' }) => {
    const request = parse(url, fixed);
    return request instanceof RoomError ? refuseBadQuery(request.message) : undefined;
  };
  return handler;
}

interface Entry {
  connection: Connection;
  rooms: Rooms;
  request: JoinRequest;
  /** Who may be replaced, by room, secret and name. */
  returning: Map<string, Participant>;
  visitor: Visitor | undefined;
}

function joinInText({ connection, rooms, request, returning, visitor }: Entry): void {
  const { room, wish, client, after, last = DEFAULT_LAST } = request;
  const participant = new Participant(connection, rooms, room);
  const join = async () => {
    await participant.enter({ wish, client, naming: ROOM_NAMING });
    replace(participant, request, returning);
    await participant.join({ format: lines, start: after ? await oldestAfter(rooms, room, after) : { last } });
  };
  connection.on('text', (text) => {
    participant.publish({ from: participant.name, text }, visitor?.problem('publish', room));
  });
  participant.attempt(join());
}

/** The beginning of what there still is: bare text cannot say what is missing before it. */
async function oldestAfter(rooms: Rooms, room: string, position: Position): Promise<Start> {
  const { epoch, after, gap, reset } = await rooms.read(room, position, 1);
  return { after: { epoch, offset: after }, found: reset ? 'reset' : gap ? 'gap' : 'exact' };
}

function joinInJson({ connection, rooms, request, returning, visitor }: Entry): void {
  const session = new RoomSession(connection, rooms, request.room, visitor);
  const { after, last } = request;
  const join = async () => {
    await session.enter({ wish: request.wish, client: request.client, naming: ROOM_NAMING });
    replace(session, request, returning);
    await session.begin(after ? { after } : last === undefined ? undefined : { last });
  };
  connection.on('text', (text) => session.onText(text));
  session.attempt(join());
}

/** A client that has come back under its name before its old connection was known to be dead has only the new one. */
function replace(participant: Participant, { room, client }: JoinRequest, returning: Map<string, Participant>): void {
  if (client === undefined) return;
  const key = JSON.stringify([room, client, participant.name]);
  const before = returning.get(key);
  returning.set(key, participant);
  participant.connection.once('close', () => {
    if (returning.get(key) === participant) returning.delete(key);
  });
  before?.sendAway(closeCodes.REPLACED);
}

function parse(target: string, fixed: string | undefined): JoinRequest | RoomError {
  try {
    return parseJoinRequest(target, fixed);
  } catch (error) {
    if (error instanceof RoomError) return error;
    throw error;
  }
}
