import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { OperatorGuard } from './operator.ts';
import { sendProblem } from './problem.ts';

export interface StatusRoutesOptions {
  /** The counters of this process, for JSON. */
  counters(): Promise<object>;
  /** Some of the connections of this process, for JSON. */
  connections(limit: number): Promise<object>;
  /** Starts the closing handshake of a connection; false where this process has none of the name. */
  close(id: string): boolean;
}

const MAX_CONNECTIONS_SHOWN = 1000;
const CONNECTIONS_SHOWN = 100;

/** A page of another origin cannot send it without asking first, and is told that there is nothing. */
const GUARD = 'x-requested-with';

/** `GET /status`, `GET /status/connections?limit=`, `POST /status/connections/:id/close`: this process, for its operator. */
export function addStatusRoutes(app: FastifyInstance, guard: OperatorGuard, options: StatusRoutesOptions): void {
  const { counters, connections, close } = options;
  app.get('/status', async (request, reply) => ((await guard(request, reply, 'see')) ? counters() : reply));
  app.get<{ Querystring: { limit?: unknown } }>('/status/connections', async (request, reply) => {
    if (!(await guard(request, reply, 'see'))) return reply;
    const limit = limitOf(request.query.limit);
    if (limit !== undefined) return connections(limit);
    const detail = `limit: expected a whole number from 1 to ${MAX_CONNECTIONS_SHOWN}`;
    return problem(reply, 400, 'bad_request', detail);
  });
  app.post<{ Params: { id: string } }>('/status/connections/:id/close', async (request, reply) => {
    if (!(await guard(request, reply, 'close'))) return reply;
    if (request.headers[GUARD] === undefined || !isSameOrigin(request.raw)) {
      return problem(reply, 403, 'forbidden', 'expected a request of the same origin with the header X-Requested-With');
    }
    if (close(request.params.id)) return { pid: process.pid, closing: request.params.id };
    return problem(reply, 404, 'unknown_connection', `process ${process.pid} has no open connection of this name`);
  });
  // The rooms' answer to a page of another origin that asks first is for every path that has none of its own.
  for (const path of ['/status', '/status/*']) app.options(path, (_request, reply) => reply.callNotFound());
}

/** Browsers say where a request comes from; other programs need not. */
function isSameOrigin({ headers }: IncomingMessage): boolean {
  const { origin, host, 'sec-fetch-site': site } = headers;
  if (site !== undefined && site !== 'same-origin') return false;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}

function limitOf(given: unknown): number | undefined {
  if (given === undefined) return CONNECTIONS_SHOWN;
  if (typeof given !== 'string' || !/^[1-9]\d{0,3}$/.test(given)) return undefined;
  const limit = Number(given);
  return limit <= MAX_CONNECTIONS_SHOWN ? limit : undefined;
}

function problem(reply: FastifyReply, status: number, code: string, detail: string): FastifyReply {
  return sendProblem(reply, { status, detail, code, retryable: false });
}
