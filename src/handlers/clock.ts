import type { Connection } from '../wire/connection.ts';
import { Group } from '../wire/group.ts';
import type { ConnectionHandler } from './handler.ts';

export interface ClockOptions {
  /** Milliseconds between two texts. @default 1000 */
  interval?: number;
  /** Makes a text. What it throws closes everyone with 1011. @default String(new Date()) */
  format?: () => string;
}

/** Sends the time to everyone on the path, by one timer that runs only while somebody listens. */
export function clock({ interval = 1000, format = timeAsText }: ClockOptions = {}): ConnectionHandler {
  const listeners = new Group();
  let timer: NodeJS.Timeout | undefined;

  const tick = () => {
    try {
      listeners.broadcast(format());
    } catch (error) {
      for (const connection of [...listeners]) connection.handlerFailed(error);
    }
  };
  const leave = () => {
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  return (connection: Connection) => {
    listeners.add(connection);
    if (listeners.size > 0) timer ??= setInterval(tick, interval);
    connection.on('close', leave);
  };
}

function timeAsText(): string {
  return String(new Date());
}
