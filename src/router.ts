import type { IncomingMessage } from 'node:http';
import type { ConnectionHandler } from './handlers/handler.ts';
import type { Refusal } from './handshake.ts';

/** What a path does, beside its handler. */
export interface Route {
  handler: ConnectionHandler;
  /** Asked before the upgrade, when path, handshake and origin are right; what it throws is answered 500. */
  refuse?: (request: IncomingMessage) => Refusal | undefined;
  /** Subprotocols that the path speaks; the first of them that the client offers comes before those of the server. */
  protocols?: readonly string[];
}

/** Handlers and routes by path; the last segment of a path may be `:name`, which stands for any one that is not empty. */
export type Routes = Readonly<Record<string, ConnectionHandler | Route>>;

/** Everything up to the last segment, and that. */
const LAST_SEGMENT = /^(.*\/)([^/]+)$/;

/** Finds the route of a path; an exact path comes before a pattern. */
export class Router {
  readonly #exact = new Map<string, Route>();
  /** Patterns by what stands before their last segment. */
  readonly #patterns = new Map<string, Route>();

  /** @throws TypeError for a pattern that is none, or what is no route */
  constructor(routes: Routes) {
    for (const [path, value] of Object.entries(routes)) {
      const route = typeof value === 'function' ? { handler: value } : value;
      if (typeof route?.handler !== 'function') throw mistake(path, 'expected a handler or { handler }');
      const [, before = '', last = ''] = LAST_SEGMENT.exec(path) ?? [];
      if ((last.startsWith(':') ? before : path).includes('/:'))
        throw mistake(path, 'only the last segment may be :name');
      if (!last.startsWith(':')) this.#exact.set(path, route);
      else if (this.#patterns.has(before)) throw mistake(path, 'another route matches the same paths');
      else this.#patterns.set(before, route);
    }
  }

  /** @param path without a query, as it came: not percent-decoded */
  find(path: string): Route | undefined {
    const exact = this.#exact.get(path);
    if (exact || this.#patterns.size === 0) return exact;
    const [, before] = LAST_SEGMENT.exec(path) ?? [];
    return before === undefined ? undefined : this.#patterns.get(before);
  }
}

function mistake(path: string, why: string): TypeError {
  return new TypeError(`createServer: routes: ${JSON.stringify(path)}: ${why}`);
}
