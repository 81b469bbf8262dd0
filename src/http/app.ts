import { existsSync } from 'node:fs';
import { join } from 'node:path';
import helmet from '@fastify/helmet';
import fastifyStatic from '@fastify/static';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { pagesDir, version } from '../package-info.ts';
import { addRoomRoutes, type RoomRoutesOptions } from './rooms/routes.ts';

export interface AppOptions {
  /** Paths that are WebSockets; a plain GET is answered 426, but for `/`, which has a page. */
  socketPaths: readonly string[];
  /** `notReady` is why no more clients are to be sent here; undefined where they are. */
  status: () => { notReady?: string | undefined; connections: number };
  /** Rooms over HTTP. @default none */
  rooms?: RoomRoutesOptions;
}

const assetsDir = join(pagesDir, 'assets');

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
export async function createApp({ socketPaths, status, rooms }: AppOptions): Promise<FastifyInstance> {
  const app = fastify({ logger: false });
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
