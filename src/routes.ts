import type { Config, HANDLER_NAMES } from './config.ts';
import { broadcast } from './handlers/broadcast.ts';
import { chat } from './handlers/chat.ts';
import { clock } from './handlers/clock.ts';
import { echo } from './handlers/echo.ts';
import { greet } from './handlers/greet.ts';
import type { ConnectionHandler } from './handlers/handler.ts';
import { room } from './handlers/room.ts';
import type { VisitorOf } from './handlers/visitor.ts';
import type { ProgramRooms } from './program-rooms.ts';
import type { Routes } from './router.ts';

type HandlerName = (typeof HANDLER_NAMES)[number];

/** What each path does. `log` is told what a handler wants said, `visitorOf` says who came to a room. */
export function createRoutes(
  config: Config,
  { durable, live }: ProgramRooms,
  log: (line: string) => void,
  visitorOf?: VisitorOf,
): Routes {
  const handlers: Record<HandlerName, ConnectionHandler> = {
    greet: greet({ log }),
    echo: echo(),
    clock: clock(),
    // No room of /rooms has a slash in its name.
    broadcast: broadcast({ rooms: live, room: '/broadcast' }),
    ws: chat({ rooms: live, room: '/ws', names: 'address' }),
    chat: chat({ rooms: live, room: '/chat' }),
  };
  return {
    '/': handlers[config.rootHandler],
    '/echo': handlers.echo,
    '/clock': handlers.clock,
    '/broadcast': handlers.broadcast,
    '/ws': handlers.ws,
    '/chat': handlers.chat,
    '/rooms/:room': room({ rooms: durable, visitorOf }),
  };
}
