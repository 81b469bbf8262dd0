import { existsSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import helmet from '@fastify/helmet';
import fastifyStatic from '@fastify/static';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { pagesDir, version } from '../package-info.ts';
import { addMetricsRoute, type MetricsRouteOptions } from './metrics.ts';
import { operatorGuard } from './operator.ts';
import { addRoomRoutes, type RoomRoutesOptions } from './rooms/routes.ts';
import { addStatusRoutes, type StatusRoutesOptions } from './status.ts';

export interface AppOptions {
  /** Paths that are WebSockets; a plain GET is answered 426, but for `/`, which has a page. */
  socketPaths: readonly string[];
  /** `notReady` is why no more clients are to be sent here; undefined where they are. */
  status: () => { notReady?: string | undefined; connections: number };
  /** Rooms over HTTP. @default none */
  rooms?: RoomRoutesOptions;
  /** /metrics. @default none */
  metrics?: MetricsRouteOptions | undefined;
  /** /status. @default none */
  statusRoutes?: StatusRoutesOptions | undefined;
  /** Names a request in the log. @default Fastify's own */
  nextId?: () => string;
  /** Told of each request when its answer has gone out. @default nobody is told */
  onAnswered?: (answer: HttpAnswer) => void;
}

/** An HTTP request that was answered. */
export interface HttpAnswer {
  readonly id: string;
  readonly request: IncomingMessage;
  /** The pattern of its route; undefined where it has none. */
  readonly route: string | undefined;
  readonly status: number;
  /** Since the request came. */
  readonly seconds: number;
}

const assetsDir = join(pagesDir, 'assets');

/** Of a path, in UTF-16 units: more than the name of a room has, which says itself what is too long. */
const MAX_PARAMETER = 1000;

/** What a page may load: only what comes from here, and sockets, to any server so that a page can try another. */
const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    // Bootstrap's icons are data: images in its style sheet.
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'", 'ws:', 'wss:'],
    fontSrc: ["'self'"],
    manifestSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
};

/** Everything on the port that is not a WebSocket: pages and health. It listens nowhere; give it requests by `routing`. */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { socketPaths, status, rooms, metrics, statusRoutes, nextId, onAnswered } = options;
  const app = fastify({
    logger: false,
    routerOptions: { maxParamLength: MAX_PARAMETER },
    ...(nextId ? { genReqId: () => nextId() } : {}),
  });
  if (onAnswered) tellAnswers(app, onAnswered);
  await app.register(helmet, {
    contentSecurityPolicy,
    xFrameOptions: { action: 'deny' },
    // Whether the site is https only is for the server in front to say.
    strictTransportSecurity: false,
    // Browsers refuse these two over plain http, and say so in the console.
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
  });

  app.get('/healthz', () => ({
    status: 'ok',
    version,
    pid: process.pid,
    uptime: process.uptime(),
    connections: status().connections,
  }));
  app.get('/readyz', (_request, reply) => {
    const { notReady } = status();
    return reply.code(notReady === undefined ? 200 : 503).send({ status: notReady ?? 'ready' });
  });

  const guard = operatorGuard(rooms?.access);
  if (metrics) addMetricsRoute(app, guard, metrics);
  if (statusRoutes) addStatusRoutes(app, guard, statusRoutes);
  if (rooms) await addRoomRoutes(app, rooms);

  const hasPages = existsSync(pagesDir);
  for (const path of socketPaths) {
    if (!app.hasRoute({ method: 'GET', url: path }) && (path !== '/' || !hasPages))
      app.get(path, (_request, reply) => upgradeRequired(reply));
  }
  if (hasPages) await app.register(fastifyStatic, { root: pagesDir, preCompressed: true, setHeaders: cacheFor });
  app.setNotFoundHandler((_request, reply) => reply.code(404).type('text/plain').send('There is nothing here.\n'));
  await app.ready();
  return app;
}

function tellAnswers(app: FastifyInstance, onAnswered: (answer: HttpAnswer) => void): void {
  app.addHook('onResponse', async ({ id, raw, routeOptions, is404 }, { statusCode, elapsedTime }) => {
    const route = is404 ? undefined : routeOptions.url;
    onAnswered({ id, request: raw, route, status: statusCode, seconds: elapsedTime / 1000 });
  });
}

/** The build names files under assets/ by their content; everything else is asked for anew each time. */
function cacheFor(reply: FastifyReply, path: string): void {
  const forever = path.startsWith(assetsDir);
  reply.header('Cache-Control', forever ? 'public, max-age=31536000, immutable' : 'no-cache');
}

function upgradeRequired(reply: FastifyReply): FastifyReply {
  return reply
    .code(426)
    .headers({ Connection: 'Upgrade', Upgrade: 'websocket' })
    .type('text/plain')
    .send('This path is a WebSocket: connect with ws:// or wss://\n');
}
