import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { announce, warnOfOpenPort, warnOfOtherMachine, warnOfSharedFiles } from './announce.ts';
import { openAccess } from './auth/open-access.ts';
import { clientAddress } from './client-address.ts';
import type { Config } from './config.ts';
import { logConnections, logRequests } from './connection-log.ts';
import { TextEventError } from './errors.ts';
import { SAME_ORIGIN } from './handshake.ts';
import { createApp } from './http/app.ts';
import type { MetricsRouteOptions } from './http/metrics.ts';
import { Streams } from './http/rooms/streams.ts';
import { nextId } from './ids.ts';
import { listenOnPath, listenOnPort } from './listen.ts';
import { createLogger, type Logger } from './log.ts';
import { recordMachine } from './machine-record.ts';
import { Metrics } from './metrics/metrics.ts';
import { version } from './package-info.ts';
import { ProcessRegistry } from './process-registry.ts';
import { openProgramRooms } from './program-rooms.ts';
import { bootId } from './rooms/lmdb/boot.ts';
import { createRoutes } from './routes.ts';
import { createServer } from './server.ts';
import { readSettings } from './settings.ts';
import { createStatus } from './status.ts';

/** A worker that exits at once after closing its listener loses connections that the cluster has just handed to it. */
const LINGER_MS = 100;

/** Of the time to stop, what clients get; the rest is for the stores. */
const STOP_SHARE = 0.8;

/** How long the stores may take to close after the time to stop: an exit in the middle of it can crash inside of LMDB. */
const STORE_MS = 3_000;

/** Runs the program until it is told to stop; what people get wrong ends it with one line and exit code 1. */
export async function run(args: string[]): Promise<void> {
  try {
    const config = readSettings(args);
    if (config) await serve(config);
  } catch (error) {
    if (!(error instanceof TextEventError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

async function serve(config: Config): Promise<void> {
  prepareDataDir(config.dataDir);
  const log = createLogger(config);
  const say = config.nodeEnv === 'production' ? log.debug.bind(log) : log.info.bind(log);
  let draining = false;
  const streams = new Streams(config.pingInterval);
  const metrics =
    config.metrics === 'off'
      ? undefined
      : new Metrics({ ...config, version, isReady: () => !draining, streams: () => streams.size });
  // Before the rooms are opened: a start deletes what is of another start of the machine.
  const leave = config.redisUrl === '' ? await shareFiles(config, log) : undefined;
  const rooms = await openProgramRooms(config, log, metrics);
  const notReady = () => (draining ? 'draining' : rooms.problem());
  const registry =
    metrics &&
    new ProcessRegistry({
      presence: rooms.presence,
      version,
      problem: rooms.problem,
      isReady: () => notReady() === undefined,
      connections: () => server.connections.length,
      messages: () => metrics.messages(),
    });
  const access = openAccess(config, (err) => log.error({ err }, 'the keys of tokens cannot be fetched'));
  const routes = createRoutes(config, rooms, say, access?.visitorOf);
  const allowedOrigins = config.allowedOrigins ?? [config.nodeEnv === 'production' ? SAME_ORIGIN : '*'];
  const clientOf = clientAddress(config.trustProxy);
  const logRequest = logRequests(log, clientOf);
  const app = await createApp({
    socketPaths: Object.keys(routes),
    status: () => ({ notReady: notReady(), connections: server.connections.length }),
    rooms: {
      ...config,
      rooms: rooms.durable,
      streams,
      allowedOrigins,
      clientAddress: clientOf,
      access,
      onError: (err, id) => log.error({ id, err }, 'a request failed'),
    },
    metrics: metrics && metricsRoute(metrics, config),
    statusRoutes:
      metrics &&
      registry &&
      createStatus({
        rooms: { rooms: rooms.durable, live: rooms.live },
        metrics,
        registry,
        server: () => server,
        opened: (c) => opened(c),
      }),
    nextId,
    onAnswered: (answer) => {
      logRequest(answer);
      metrics?.answered({ ...answer, method: answer.request.method ?? '' });
    },
  });
  const server = createServer({
    ...config,
    routes,
    allowedOrigins,
    request: (request, response) => app.routing(request, response),
    clientAddress: clientOf,
    ...(access ? { authorize: access.authorize, userOf: access.userOf } : {}),
  });
  const opened = logConnections(server, log);
  metrics?.watch(server, Object.keys(routes));
  await registry?.begin();
  if (access) server.on('connection', access.watch);

  await listenOnPort(server, config.port, config.host);
  const beside = config.socketPath ? await listenOnPath(server, config.socketPath, config.socketMode) : undefined;
  server.on('error', (err) => log.error({ err }, 'the listener failed'));
  announce(server, config, log);
  if (!access) warnOfOpenPort(config, log);

  const stop = async (why: string): Promise<void> => {
    if (draining) return;
    draining = true;
    log.info({ why, connections: server.connections.length }, 'stopping');
    void registry?.tell();
    // Whatever a peer does, the time is kept.
    setTimeout(() => process.exit(0), config.drainTime + STORE_MS);
    streams.end(config.reconnectsPerSecond);
    const besideClosed = new Promise((resolve) => (beside ? beside.close(resolve) : resolve(undefined)));
    await Promise.all([server.shutdown(config.drainTime * STOP_SHARE, config), besideClosed, delay(LINGER_MS)]);
    await app.close();
    await rooms.close();
    await leave?.();
    log.info('stopped');
    process.exit(0);
  };
  process.on('SIGINT', () => stop('SIGINT'));
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('message', (message) => message === 'shutdown' && stop('shutdown message'));
  // What PM2's wait_ready waits for.
  process.send?.('ready');
}

/** Says what speaks against rooms in files here. @returns what is called at the end */
function shareFiles(config: Config, log: Logger): Promise<() => Promise<void>> {
  warnOfSharedFiles(config, log);
  return recordMachine(join(config.dataDir, 'machines'), bootId(), (other) => warnOfOtherMachine(other, log));
}

function metricsRoute(metrics: Metrics, config: Config): MetricsRouteOptions {
  const access = config.metrics === 'open' ? 'open' : 'local';
  return { access, contentType: metrics.contentType, text: () => metrics.text() };
}

function prepareDataDir(dir: string): void {
  const path = resolve(dir);
  try {
    // Not recursively: below /proc that never returns.
    if (!existsSync(path)) mkdirSync(path);
    accessSync(join(path, '.'), constants.W_OK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    const reasons: Record<string, string> = {
      EACCES: 'the user that runs this may not write there',
      ENOENT: 'the folder that it is to be made in does not exist',
      ENOTDIR: 'it is, or lies below, a file and not a folder',
    };
    throw new TextEventError('ERR_CONFIG', `DATA_DIR: cannot use ${path}: ${reasons[code] ?? code}`);
  }
}
