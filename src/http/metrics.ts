import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import proxyAddr from 'proxy-addr';

export interface MetricsRouteOptions {
  /** Who is answered: this machine alone, or everybody. */
  access: 'local' | 'open';
  contentType: string;
  text(): Promise<string>;
}

/** What a proxy adds to a request that it hands on. */
const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];

const isLoopback = proxyAddr.compile(['loopback']);

/** Numbers say who is served, and how much: others than this machine are told that there is nothing. */
export function addMetricsRoute(app: FastifyInstance, { access, contentType, text }: MetricsRouteOptions): void {
  app.get('/metrics', async (request, reply) => {
    if (access === 'local' && !isFromHere(request.raw)) {
      reply.callNotFound();
      return reply;
    }
    return reply
      .header('Cache-Control', 'no-store')
      .type(contentType)
      .send(await text());
  });
}

/** Sent by a program on this machine, over loopback or the Unix socket, and not by a proxy for somebody else. */
function isFromHere({ socket, headers }: IncomingMessage): boolean {
  if (FORWARDED.some((name) => headers[name] !== undefined)) return false;
  // A Unix socket has no address.
  return socket.remoteAddress === undefined || isLoopback(socket.remoteAddress, 0);
}
