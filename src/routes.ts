import type { Config, HANDLER_NAMES } from './config.ts';
import { greet } from './handlers/greet.ts';
import type { ConnectionHandler } from './handlers/handler.ts';

type HandlerName = (typeof HANDLER_NAMES)[number];

/** What each path does. `log` is told what a handler wants said. */
export function createRoutes(config: Config, log: (line: string) => void): Record<string, ConnectionHandler> {
  const handlers: Record<HandlerName, ConnectionHandler> = { greet: greet({ log }) };
  return { '/': handlers[config.rootHandler] };
}
