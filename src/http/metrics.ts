import type { FastifyInstance } from 'fastify';
import { isFromHere } from './from-here.ts';
import type { OperatorGuard } from './operator.ts';

export interface MetricsRouteOptions {
  /** Who is answered: this machine and operators with a token, or everybody. */
  access: 'local' | 'open';
  contentType: string;
  text(): Promise<string>;
}

/** Numbers say who is served, and how much: they are not for everybody. */
export function addMetricsRoute(app: FastifyInstance, guard: OperatorGuard, options: MetricsRouteOptions): void {
  const { access, contentType, text } = options;
  app.get('/metrics', async (request, reply) => {
    const mayRead = access === 'open' || isFromHere(request.raw) || (await guard(request, reply, 'see'));
    if (!mayRead) return reply;
    return reply
      .header('Cache-Control', 'no-store')
      .type(contentType)
      .send(await text());
  });
}
