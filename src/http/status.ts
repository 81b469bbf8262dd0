import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { isFromHere } from './from-here.ts';
import { sendProblem } from './problem.ts';

/** What somebody may do who operates the server. */
type OperatorRight = 'see' | 'close';

/** Decides who operates the server. */
type IsOperator = (request: IncomingMessage, right: OperatorRight) => boolean;

export interface StatusRoutesOptions {
  /** Everybody else is told that there is nothing. @default programs of this machine, see `isOperatorHere` */
  isOperator?: IsOperator;
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
export function addStatusRoutes(app: FastifyInstance, options: StatusRoutesOptions): void {
  const { isOperator = isOperatorHere, counters, connections, close } = options;
  const serves = ({ raw }: { raw: IncomingMessage }, reply: FastifyReply, right: OperatorRight): boolean => {
    reply.header('Cache-Control', 'no-store');
    if (isOperator(raw, right)) return true;
    reply.callNotFound();
    return false;
  };
  app.get('/status', async (request, reply) => (serves(request, reply, 'see') ? counters() : reply));
  app.get<{ Querystring: { limit?: unknown } }>('/status/connections', async (request, reply) => {
    if (!serves(request, reply, 'see')) return reply;
    const limit = limitOf(request.query.limit);
    if (limit !== undefined) return connections(limit);
    const detail = `limit: expected a whole number from 1 to ${MAX_CONNECTIONS_SHOWN}`;
    return problem(reply, 400, 'bad_request', detail);
  });
  app.post<{ Params: { id: string } }>('/status/connections/:id/close', async (request, reply) => {
    if (!serves(request, reply, 'close')) return reply;
    if (request.headers[GUARD] === undefined || !isSameOrigin(request.raw)) {
      return problem(reply, 403, 'forbidden', 'expected a request of the same origin with the header X-Requested-With');
    }
    if (close(request.params.id)) return { pid: process.pid, closing: request.params.id };
    return problem(reply, 404, 'unknown_connection', `process ${process.pid} has no open connection of this name`);
  });
  // The rooms' answer to a page of another origin that asks first is for every path that has none of its own.
  for (const path of ['/status', '/status/*']) app.options(path, (_request, reply) => reply.callNotFound());
}

/**
 * Who is on this machine. A browser here may also be led astray by a site whose name resolves to a loopback address: such a
 * request names that site as its host.
 */
function isOperatorHere(request: IncomingMessage): boolean {
  return isFromHere(request) && isHostOfMachine(request.headers.host);
}

function isHostOfMachine(host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  return hostname === 'localhost' || isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0;
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
