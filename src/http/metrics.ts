import type { FastifyInstance } from 'fastify';
import { isFromHere } from './from-here.ts';

export interface MetricsRouteOptions {
  /** Who is answered: this machine alone, or everybody. */
  access: 'local' | 'open';
  contentType: string;
  text(): Promise<string>;
}

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
