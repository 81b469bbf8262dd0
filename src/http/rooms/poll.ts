import type { ServerResponse } from 'node:http';
import type { Page } from '../../rooms/event-log.ts';
import type { Position } from '../../rooms/position.ts';
import type { Format, Reader } from '../../rooms/reader.ts';
import type { Rooms } from '../../rooms/rooms.ts';

export interface Poll {
  room: string;
  after: Position | undefined;
  /** The most events of a page. */
  limit: number;
  /** Seconds to wait for one where there is none. */
  wait: number;
}

const nothing: Format<undefined> = { encode: () => undefined };

/** A page of events; where there is none yet, and the request asked for it, one that waits for the next event. */
export async function poll(rooms: Rooms, { room, after, limit, wait }: Poll, response: ServerResponse): Promise<Page> {
  const page = await rooms.read(room, after, limit);
  if (page.events.length > 0 || page.reset || wait === 0) return page;
  const position = { epoch: page.epoch, offset: page.after };
  await oneMore(rooms, room, position, wait, response);
  return rooms.read(room, position, limit);
}

/** Resolves when a room has an event after the position, when the time is over, or when nobody waits any more. */
async function oneMore(
  rooms: Rooms,
  room: string,
  after: Position,
  wait: number,
  response: ServerResponse,
): Promise<void> {
  let come = () => {};
  const happened = new Promise<void>((resolve) => {
    come = resolve;
  });
  const reader: Reader<undefined> = {
    bufferedAmount: 0,
    deliver: come,
    gap: come,
    reset: come,
    whenDrained: (callback) => setImmediate(callback),
  };
  const subscription = await rooms.subscribe(room, reader, nothing, { after, found: 'none' });
  const timer = setTimeout(come, wait * 1000);
  response.once('close', come);
  subscription.start();
  await happened;
  clearTimeout(timer);
  response.off('close', come);
  subscription.close();
}
