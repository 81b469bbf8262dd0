import { once } from 'node:events';
import type { ExecutionContext } from 'ava';
import { createApp } from '../../src/http/app.ts';
import { Streams } from '../../src/http/rooms/streams.ts';
import { createServer } from '../../src/index.ts';
import { MemoryLog } from '../../src/rooms/memory/log.ts';
import { MemoryPresence } from '../../src/rooms/memory/presence.ts';
import { Rooms } from '../../src/rooms/rooms.ts';

export interface Site {
  /** `http://127.0.0.1:<port>` */
  url: string;
  port: number;
  rooms: Rooms;
  streams: Streams;
  post(room: string, text: string | Buffer, headers?: Record<string, string>): Promise<Response>;
}

interface Settings {
  allowedOrigins?: string[];
  messagesPerSecond?: number;
  maxConnectionsPerIp?: number;
  beat?: number;
  history?: number;
  /** Milliseconds. */
  historyAge?: number;
  maxMessageBytes?: number;
}

/** Rooms over HTTP, in memory; they end with the test. */
export async function startSite(t: ExecutionContext, settings: Settings = {}): Promise<Site> {
  const { messagesPerSecond = 100, maxConnectionsPerIp = 10, allowedOrigins = ['*'] } = settings;
  const log = new MemoryLog({
    maxEvents: settings.history ?? 10_000,
    maxAge: settings.historyAge ?? 3_600_000,
    sweepInterval: 20,
  });
  const rooms = new Rooms(log, new MemoryPresence());
  const streams = new Streams(settings.beat ?? 60_000);
  const app = await createApp({
    socketPaths: [],
    status: () => ({ connections: 0 }),
    rooms: {
      rooms,
      streams,
      allowedOrigins,
      messagesPerSecond,
      maxConnectionsPerIp,
      maxConnectionsPerUser: 100,
      clientAddress: () => ({ address: '192.0.2.1', port: 1 }),
      maxMessageBytes: settings.maxMessageBytes ?? 1000,
      maxConnections: 100,
      onError: (error) => t.fail(String(error)),
    },
  });
  const server = createServer({ request: (request, response) => app.routing(request, response) });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(async () => {
    server.close();
    server.terminate();
    await rooms.close();
  });
  const url = `http://127.0.0.1:${server.port}`;
  const post = (room: string, text: string | Buffer, headers: Record<string, string> = {}) =>
    fetch(`${url}/rooms/${encodeURIComponent(room)}/events`, { method: 'POST', body: text, headers });
  return { url, port: server.port ?? 0, rooms, streams, post };
}
