import { once } from 'node:events';
import type { ExecutionContext } from 'ava';
import { Access } from '../../src/auth/access.ts';
import { readAnonymousAccess } from '../../src/auth/anonymous.ts';
import { type TokenKeys, TokenVerifier } from '../../src/auth/token-verifier.ts';
import { createApp } from '../../src/http/app.ts';
import { Streams } from '../../src/http/rooms/streams.ts';
import { chat, createServer, echo, room } from '../../src/index.ts';
import { MemoryLog } from '../../src/rooms/memory/log.ts';
import { MemoryPresence } from '../../src/rooms/memory/presence.ts';
import { Rooms } from '../../src/rooms/rooms.ts';
import { secret } from './tokens.ts';

export interface GuardedSite {
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** `ws://127.0.0.1:<port>` */
  ws: string;
  port: number;
  rooms: Rooms;
  /** What fetching the public keys failed with. */
  failures: unknown[];
}

interface Settings extends TokenKeys {
  /** As in ANONYMOUS_ACCESS. */
  anonymous?: string;
  allowedOrigins?: string[];
  maxConnectionsPerIp?: number;
  maxConnectionsPerUser?: number;
  messagesPerSecond?: number;
}

/** `/chat`, `/echo` and rooms at /rooms/:room, over WebSocket and HTTP, as the program guards them; it ends with the test. */
export async function startGuardedSite(
  t: ExecutionContext,
  {
    anonymous = 'auto',
    allowedOrigins = ['*'],
    maxConnectionsPerIp = 100,
    maxConnectionsPerUser = 100,
    messagesPerSecond = 100,
    ...keys
  }: Settings = { secret },
): Promise<GuardedSite> {
  const rooms = new Rooms(new MemoryLog(), new MemoryPresence({ grace: 0 }));
  const failures: unknown[] = [];
  const open = readAnonymousAccess(anonymous, Boolean(keys.secret ?? keys.jwksUrl));
  const access = open && new Access(new TokenVerifier(keys, (error) => failures.push(error)), open);
  const app = await createApp({
    socketPaths: [],
    status: () => ({ ready: true, connections: 0 }),
    rooms: {
      rooms,
      streams: new Streams(60_000),
      access,
      allowedOrigins,
      messagesPerSecond,
      maxConnections: 100,
      maxConnectionsPerIp,
      maxConnectionsPerUser,
      maxMessageBytes: 100_000,
      clientAddress: () => ({ address: '192.0.2.1', port: 1 }),
      onError: (error) => t.fail(String(error)),
    },
  });
  const server = createServer({
    routes: {
      '/echo': echo(),
      '/chat': chat(),
      '/rooms/:room': room({ rooms, visitorOf: access?.visitorOf }),
    },
    allowedOrigins,
    maxConnectionsPerIp,
    maxConnectionsPerUser,
    request: (request, response) => app.routing(request, response),
    ...(access ? { authorize: access.authorize, userOf: access.userOf } : {}),
  });
  if (access) server.on('connection', access.watch);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(async () => {
    server.close();
    server.terminate();
    await rooms.close();
  });
  const port = Number(server.port);
  return { url: `http://127.0.0.1:${port}`, ws: `ws://127.0.0.1:${port}`, port, rooms, failures };
}
