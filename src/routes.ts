import type { Config, HANDLER_NAMES } from './config.ts';
import { broadcast } from './handlers/broadcast.ts';
import { clock } from './handlers/clock.ts';
import { echo } from './handlers/echo.ts';
import { greet } from './handlers/greet.ts';
import type { ConnectionHandler } from './handlers/handler.ts';
import type { Routes } from './router.ts';

type HandlerName = (typeof HANDLER_NAMES)[number];

/** What each path does. `log` is told what a handler wants said. */
export function createRoutes(config: Config, log: (line: string) => void): Routes {
  const handlers: Record<HandlerName, ConnectionHandler> = {
    greet: greet({ log }),
    echo: echo(),
    clock: clock(),
    broadcast: broadcast(),
  };
  return {
    '/': handlers[config.rootHandler],
    '/echo': handlers.echo,
    '/clock': handlers.clock,
    '/broadcast': handlers.broadcast,
  };
}
