import type { IncomingMessage } from 'node:http';
import type { ConnectionHandler } from './handlers/handler.ts';
import { pathOf, type Refusal } from './handshake.ts';
import type { Connection } from './wire/connection.ts';

/** What a path does, beside its handler. */
export interface Route {
  handler: ConnectionHandler;
  /** Asked before the upgrade, when path, handshake and origin are right; what it throws is answered 500. */
  refuse?: (request: IncomingMessage) => Refusal | undefined;
  /** Subprotocols that the path speaks; the first of them that the client offers comes before those of the server. */
  protocols?: readonly string[];
}

/** A route, and the path or pattern that it was given under. */
export interface FoundRoute extends Route {
  readonly pattern: string;
}

/** Chooses one of the subprotocols that a client offers, or none. */
export type SelectProtocol = (connection: Connection, protocols: string[]) => string | undefined;

/** Handlers and routes by path; the last segment of a path may be `:name`, which stands for any one that is not empty. */
export type Routes = Readonly<Record<string, ConnectionHandler | Route>>;

/** Everything up to the last segment, and that. */
const LAST_SEGMENT = /^(.*\/)([^/]+)$/;

/** Finds the route of a path; an exact path comes before a pattern. */
export class Router {
  readonly #exact = new Map<string, FoundRoute>();
  /** Patterns by what stands before their last segment. */
  readonly #patterns = new Map<string, FoundRoute>();

  /** @throws TypeError for a pattern that is none, or what is no route */
  constructor(routes: Routes) {
    for (const [path, value] of Object.entries(routes)) {
      const route = typeof value === 'function' ? routeOf(value) : value;
      if (typeof route?.handler !== 'function') throw mistake(path, 'expected a handler or { handler }');
      const { handler, refuse, protocols = [] } = route;
      const found = { handler, protocols, pattern: path, ...(refuse ? { refuse } : {}) };
      const [, before = '', last = ''] = LAST_SEGMENT.exec(path) ?? [];
      if ((last.startsWith(':') ? before : path).includes('/:'))
        throw mistake(path, 'only the last segment may be :name');
      if (!last.startsWith(':')) this.#exact.set(path, found);
      else if (this.#patterns.has(before)) throw mistake(path, 'another route matches the same paths');
      else this.#patterns.set(before, found);
    }
  }

  /** @param path without a query, as it came: not percent-decoded */
  find(path: string): FoundRoute | undefined {
    const exact = this.#exact.get(path);
    if (exact || this.#patterns.size === 0) return exact;
    const [, before] = LAST_SEGMENT.exec(path) ?? [];
    return before === undefined ? undefined : this.#patterns.get(before);
  }
}

/** Undefined where every path is let in. */
export function routerOf({ routes, path }: { routes?: Routes; path?: string }): Router | undefined {
  if (routes) return new Router(routes);
  return path === undefined ? undefined : new Router({ [path]: () => {} });
}

/** Chooses a subprotocol: those of the path come before those of the server. */
export function selectorOf(router: Router | undefined, select: SelectProtocol): SelectProtocol {
  return (connection, offered) => {
    const route = router?.find(pathOf(connection.path) ?? '');
    return firstOf(route?.protocols)(connection, offered) ?? select(connection, offered);
  };
}

/** The first that the client offers of those that are spoken. */
export function firstOf(spoken: readonly string[] = []): SelectProtocol {
  return (_connection, offered) => offered.find((protocol) => spoken.includes(protocol));
}

/** A handler that says itself what its route needs. */
function routeOf(handler: ConnectionHandler): Route {
  const { refuse, protocols = [] } = handler;
  return refuse ? { handler, refuse, protocols } : { handler, protocols };
}

function mistake(path: string, why: string): TypeError {
  return new TypeError(`createServer: routes: ${JSON.stringify(path)}: ${why}`);
}
