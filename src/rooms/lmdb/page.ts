import type { Page, RoomEvent } from '../event-log.ts';
import { bytesOf } from '../log-limits.ts';
import { startAfter } from '../log-place.ts';
import type { Position } from '../position.ts';
import { unavailable } from '../room-error.ts';
import { eventKey, type LogTables, offsetOf, type RoomRecord, toEvent } from './records.ts';

export interface PageBounds {
  readonly after: Position | undefined;
  /** Events. */
  readonly limit: number;
  readonly maxBytes: number;
}

/**
 * Reads what a room has after a place.
 * @param life the room as it is committed now
 * @throws RoomError unavailable where the tables cannot be read, or have a hole
 */
export function readPage({ events: table }: LogTables, life: RoomRecord, { after, limit, maxBytes }: PageBounds): Page {
  const { epoch, head, number } = life;
  const start = startAfter(life, after);
  const [from, to] = [eventKey(number, start.after + 1), eventKey(number, head + 1)];
  const events: RoomEvent[] = [];
  let bytes = 0;
  try {
    for (const { key, value } of table.getRange({ start: from, end: to, limit })) {
      const event = toEvent(offsetOf(key), value);
      if (event.offset !== start.after + 1 + events.length) break;
      events.push(event);
      bytes += bytesOf(event);
      if (bytes >= maxBytes) break;
    }
  } catch (error) {
    throw unavailable(error);
  }
  if (bytes < maxBytes && events.length < Math.min(limit, head - start.after)) {
    throw unavailable(new Error(`events of ${life.name} are missing after ${start.after + events.length}`));
  }
  return { epoch, head, ...start, events };
}
