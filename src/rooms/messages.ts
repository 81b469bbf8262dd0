import type { RoomEvent } from './event-log.ts';
import { formatPosition, type Position } from './position.ts';
import type { ErrorMessage, EventMessage, GapMessage, Reset } from './protocol.ts';
import type { RoomError } from './room-error.ts';

/** @param position the event's own place */
export function eventMessage({ from, text, at }: RoomEvent, position: Position): EventMessage {
  return { type: 'event', position: formatPosition(position), from, text, at: new Date(at).toISOString() };
}

export function gapMessage(from: Position, to: Position): GapMessage {
  return { type: 'gap', from: formatPosition(from), to: formatPosition(to), lost: to.offset - from.offset };
}

export function resetMessage(position: Position): Reset {
  return { type: 'reset', position: formatPosition(position) };
}

/** @param key that of the publication that failed */
export function errorMessage({ code, message, retryable }: RoomError, key?: string): ErrorMessage {
  return { type: 'error', code, message, retryable, ...(key === undefined ? {} : { key }) };
}
