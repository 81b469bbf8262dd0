import type { FastifyRequest } from 'fastify';
import { positionOf } from '../../rooms/join-request.ts';
import { checkName } from '../../rooms/names.ts';
import type { Position } from '../../rooms/position.ts';
import { RoomError } from '../../rooms/room-error.ts';
import { roomNameProblem } from '../../rooms/room-name.ts';

/** Who publishes without a name. */
const ANONYMOUS = '访客';
/** Events of a page. */
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;
/** Seconds that a long poll may wait. */
const MAX_WAIT = 60;

/** The room of a request. @throws RoomError bad_room */
export function roomOf(request: FastifyRequest): string {
  // Fastify has decoded it.
  const { room } = request.params as { room: string };
  const problem = roomNameProblem(room);
  if (problem !== undefined) throw new RoomError('bad_room', problem);
  return room;
}

/** The name to publish under. @throws RoomError bad_name */
export function nameOf(request: FastifyRequest): string {
  const wish = parameter(request, 'name');
  if (wish === undefined) return ANONYMOUS;
  const { name, problem } = checkName(wish);
  if (name === undefined) throw new RoomError('bad_name', problem);
  return name;
}

/**
 * Where to read on: the header that an EventSource sends when it comes back, else `?after=`.
 * @throws RoomError bad_position
 */
export function afterOf(request: FastifyRequest): Position | undefined {
  const text = request.headers['last-event-id'] ?? parameter(request, 'after');
  // An EventSource that has no position yet may send an empty one.
  return text ? positionOf(String(text)) : undefined;
}

/** @throws RoomError bad_message */
export function limitOf(request: FastifyRequest): number {
  return wholeNumber(request, 'limit', 1, MAX_LIMIT) ?? DEFAULT_LIMIT;
}

/** Seconds to wait for an event where there is none yet. @throws RoomError bad_message */
export function waitOf(request: FastifyRequest): number {
  return wholeNumber(request, 'wait', 0, MAX_WAIT) ?? 0;
}

function wholeNumber(request: FastifyRequest, name: string, min: number, max: number): number | undefined {
  const text = parameter(request, name);
  if (text === undefined) return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new RoomError(
    'bad_message',
    `${name}: got ${JSON.stringify(text.slice(0, 80))}, expected a whole number from ${min} to ${max}`,
  );
}

/** A parameter of the query; the first where it is given more than once. */
function parameter(request: FastifyRequest, name: string): string | undefined {
  const { url = '' } = request.raw;
  const at = url.indexOf('?');
  return new URLSearchParams(at === -1 ? '' : url.slice(at)).get(name) ?? undefined;
}
