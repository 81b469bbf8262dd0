import { createClient, createCluster, createSentinel } from '@redis/client';
import type { RedisPlace } from './place.ts';

/** What a single server, Sentinel and a cluster have in common. */
export interface RedisDriver {
  /**
   * Sends a command to the server that has a key; those that are sent in one turn go out together, in order.
   * @param stands the server answers nobody: what the socket has not taken after 5 s is thrown away, and rejected
   */
  send(key: string, args: string[], stands?: boolean): Promise<unknown>;
  /** Listens to a sharded channel, also after a reconnection. */
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  /** @param listener the one that was given */
  unsubscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  /** Cuts every connection; what waits for an answer is rejected. */
  destroy(): void;
}

export interface RedisDriverEvents {
  /** Connected, for the first time or again: commands are answered from now on. */
  ready(): void;
  /** The connection was lost, or could not be made; it is tried again. */
  lost(error: Error): void;
}

/** Milliseconds. */
const CONNECT_TIMEOUT = 3000;
const LONGEST_WAIT = 1000;
const PATIENCE = 4000;
/** Longer than the patience of whoever asks, who says in better words what is wrong. */
const UNWRITTEN = { timeout: 5000 };

/** Begins to connect, and goes on until it is destroyed. */
export function driveRedis(place: RedisPlace, events: RedisDriverEvents): RedisDriver {
  if (place.kind === 'sentinel') return driveSentinel(place, events);
  return place.kind === 'cluster' ? driveCluster(place, events) : driveSingle(place, events);
}

/** Whether a driver has been destroyed. */
interface Life {
  over: boolean;
}

/**
 * Not all processes come back to a Redis that has just started in the same moment. Who has been destroyed does not: Sentinel's
 * `destroy` waits for what it has begun, which would be tried for ever where the server goes in the same moment.
 */
function nextWait(life: Life, retries: number): number | false {
  if (life.over) return false;
  const most = Math.min(50 * 2 ** Math.min(retries, 10), LONGEST_WAIT);
  return most / 2 + (Math.random() * most) / 2;
}

/** What waits for a failover is not sent any more when its publisher has been told that it was not. */
function inTime() {
  return { abortSignal: AbortSignal.timeout(PATIENCE) };
}

function clientOptions({ username, password, database, tls }: RedisPlace, life: Life) {
  const reconnectStrategy = (retries: number) => nextWait(life, retries);
  const socket = { connectTimeout: CONNECT_TIMEOUT, reconnectStrategy };
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    database,
    // What waits for a connection would be told late, and appended after its publisher was told that it was not.
    disableOfflineQueue: true,
    maintNotifications: 'disabled' as const,
    // An AbortSignal for each command was a twentieth of what a publication costs. One has it where nothing is answered: else
    // all that is published, and tried again, would be kept until the connection is thrown away.
    commandOptions: { timeout: 0 },
    name: 'text-event-server',
    socket: tls ? { ...socket, tls: true as const } : socket,
  };
}

function driveSingle(place: RedisPlace, { ready, lost }: RedisDriverEvents): RedisDriver {
  const life = { over: false };
  const { socket, ...options } = clientOptions(place, life);
  const where = place.path === undefined ? { ...place.nodes[0] } : { path: place.path, tls: false as const };
  const client = createClient({ ...options, socket: { ...socket, ...where } });
  client.on('error', lost).on('ready', ready);
  client.connect().catch(lost);
  return {
    send: (_key, args, stands) => client.sendCommand(args, stands ? UNWRITTEN : undefined),
    subscribe: (channel, listener) => client.sSubscribe(channel, listener),
    unsubscribe: (channel, listener) => client.sUnsubscribe(channel, listener),
    destroy() {
      life.over = true;
      client.destroy();
    },
  };
}

function driveSentinel(place: RedisPlace, { ready, lost }: RedisDriverEvents): RedisDriver {
  const life = { over: false };
  const { database: _, ...sentinelOptions } = clientOptions(place, life);
  const sentinel = createSentinel({
    name: place.master ?? '',
    sentinelRootNodes: place.nodes.map((node) => ({ ...node })),
    nodeClientOptions: clientOptions(place, life),
    sentinelClientOptions: sentinelOptions,
    passthroughClientErrorEvents: true,
    scanInterval: 1000,
    // One connection for all: with a pool, what is sent in one turn would not stay in order.
    reserveClient: true,
    // What was sent may have been done: it is for the publisher, who has a key, to try again.
    maxCommandRediscovers: 0,
  });
  const trouble = new Trouble(lost);
  sentinel.on('error', trouble.met).on('client-error', ({ error }) => trouble.met(error));
  // Its clients come and go by themselves: the probe finds out when commands are answered again.
  sentinel.on('topology-change', ({ type }) => type === 'MASTER_CHANGE' && ready());
  sentinel.connect().then(ready, trouble.gaveUp);
  return {
    send: (_key, args) => sentinel.sendCommand(false, args, inTime()),
    subscribe: (channel, listener) => sentinel.sSubscribe(channel, listener),
    unsubscribe: (channel, listener) => sentinel.sUnsubscribe(channel, listener),
    destroy() {
      life.over = true;
      sentinel.destroy().catch(() => {});
    },
  };
}

function driveCluster(place: RedisPlace, { ready, lost }: RedisDriverEvents): RedisDriver {
  const life = { over: false };
  const { database: _, ...defaults } = clientOptions(place, life);
  const cluster = createCluster({ rootNodes: place.nodes.map((node) => ({ socket: { ...node } })), defaults });
  const trouble = new Trouble(lost);
  cluster.on('error', trouble.met);
  cluster.connect().then(ready, trouble.gaveUp);
  return {
    send: (key, args) => cluster.sendCommand(key, false, args, inTime()),
    subscribe: (channel, listener) => cluster.sSubscribe(channel, listener),
    unsubscribe: (channel, listener) => cluster.sUnsubscribe(channel, listener),
    destroy() {
      life.over = true;
      cluster.destroy();
    },
  };
}

/** Tells of what goes wrong in Sentinel and a cluster by the error of the server that it goes wrong at. */
class Trouble {
  readonly #lost: (error: Error) => void;
  #last: Error | undefined;

  constructor(lost: (error: Error) => void) {
    this.#lost = lost;
  }

  /** @param error one of a connection; where it is a text, the package says the same again as an error */
  readonly met = (error: Error | string): void => {
    if (typeof error === 'string') return;
    this.#last = error.cause instanceof Error ? error.cause : error;
    this.#lost(this.#last);
  };

  /** @param error that none of the servers could be used, which does not say why */
  readonly gaveUp = (error: Error): void => this.#lost(this.#last ?? error);
}
