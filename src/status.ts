import { closeCodes } from './close-codes.ts';
import type { Opened } from './connection-log.ts';
import type { StatusRoutesOptions } from './http/status.ts';
import { firstInOrder } from './largest.ts';
import type { Metrics } from './metrics/metrics.ts';
import { type ProcessRegistry, processorSeconds } from './process-registry.ts';
import type { Rooms } from './rooms/rooms.ts';
import type { Server } from './server.ts';
import type { Connection } from './wire/connection.ts';

export interface StatusOptions {
  /** Asked for when somebody asks: there is none at first. */
  server(): Server;
  metrics: Metrics;
  /** By the name of their store. */
  rooms: Readonly<Record<string, Rooms>>;
  registry: ProcessRegistry;
  /** How the log names a connection, and when it came. */
  opened(connection: Connection): Opened | undefined;
}

/** Rooms that are shown, of all that this process reads. */
const ROOMS_SHOWN = 20;

type RoomSize = [store: string, room: string, readers: number];
type Known = [connection: Connection, buffered: number, opened: Opened];

/** What /status answers: this process, its summaries of the others, and of a client's request nothing but the pattern of its path. */
export function createStatus({ server, metrics, rooms, registry, opened }: StatusOptions): StatusRoutesOptions {
  const { id, host, pid, instance, version } = registry.own;
  return {
    counters: async () => ({
      id,
      host,
      pid,
      ...(instance && { instance }),
      version,
      uptime: process.uptime(),
      memory: process.memoryUsage.rss(),
      cpu: processorSeconds(),
      ...(await metrics.summary()),
      rooms: firstInOrder(sizesOf(rooms), ROOMS_SHOWN, ([, , a], [, , b]) => b - a).map(toRoom),
      ...(await registry.list()),
    }),
    connections: async (limit) => ({
      host,
      pid,
      total: server().connections.length,
      connections: firstInOrder(knownOf(server(), opened), limit, byWaiting).map(toRow),
    }),
    close: (id) => {
      const connection = server().connections.find((one) => opened(one)?.id === id);
      connection?.close(closeCodes.POLICY_VIOLATION.code, 'closed by an operator');
      return connection !== undefined;
    },
  };
}

function* sizesOf(rooms: Readonly<Record<string, Rooms>>): Iterable<RoomSize> {
  for (const [store, one] of Object.entries(rooms)) {
    for (const [room, readers] of one.sizes()) yield [store, room, readers];
  }
}

function toRoom([store, room, readers]: RoomSize) {
  return { store, room, readers };
}

function* knownOf({ connections }: Server, opened: StatusOptions['opened']): Iterable<Known> {
  for (const connection of connections) {
    const known = opened(connection);
    if (known) yield [connection, connection.bufferedAmount, known];
  }
}

/** Those with the most waiting come first, then the newest. */
function byWaiting([, aWaits, a]: Known, [, bWaits, b]: Known): number {
  return bWaits - aWaits || b.since - a.since;
}

function toRow([{ route, remoteAddress, socket }, buffered, { id, since }]: Known) {
  const { bytesRead: bytesIn, bytesWritten: bytesOut } = socket;
  return { id, path: route ?? 'other', address: remoteAddress, since, bytesIn, bytesOut, buffered };
}
