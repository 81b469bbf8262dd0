import type { ServerResponse } from 'node:http';
import type { Page } from '../../rooms/event-log.ts';
import type { Position } from '../../rooms/position.ts';
import type { Format, Reader } from '../../rooms/reader.ts';
import type { Rooms } from '../../rooms/rooms.ts';
import type { Streams } from './streams.ts';

export interface Poll {
  room: string;
  after: Position | undefined;
  /** The most events of a page. */
  limit: number;
  /** Seconds to wait for one where there is none. */
  wait: number;
}

/** Bytes of text of a page, and one event more: an answer lies in memory whole until its reader has taken it. */
const PAGE_BYTES = 256 * 1024;

const nothing: Format<undefined> = { encode: () => undefined };

/** A page of events; where there is none yet, and the request asked for it, one that waits for the next event. */
export async function poll(
  rooms: Rooms,
  streams: Streams,
  { room, after, limit, wait }: Poll,
  response: ServerResponse,
): Promise<Page> {
  const page = await rooms.read(room, after, limit, PAGE_BYTES);
  const isNews = page.events.length > 0 || page.reset || page.gap !== undefined;
  if (isNews || wait === 0 || !isWaitedFor(response)) return page;
  const position = { epoch: page.epoch, offset: page.after };
  await oneMore(rooms, streams, room, position, wait, response);
  return rooms.read(room, position, limit, PAGE_BYTES);
}

/** Nobody tells a response without a socket, which waits behind that of an earlier request, that its client has gone. */
export function isWaitedFor({ socket }: ServerResponse): boolean {
  return socket !== null && !socket.destroyed;
}

/** Resolves when a room has an event after the position, when the time is over, when nobody waits any more, or at a stop. */
async function oneMore(
  rooms: Rooms,
  streams: Streams,
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
  const stopWaiting = streams.wait(come);
  if (!isWaitedFor(response)) come();
  subscription.start();
  await happened;
  stopWaiting();
  clearTimeout(timer);
  response.off('close', come);
  subscription.close();
}
