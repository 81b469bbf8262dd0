import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs, parseEnv } from 'node:util';
import { clientAddress } from './client-address.ts';
import { type Config, describeVariables, flagOf, loadConfig, variableNames } from './config.ts';
import { TextEventError } from './errors.ts';
import { createApp } from './http/app.ts';
import { listenOnPath, listenOnPort } from './listen.ts';
import { createLogger, type Logger } from './log.ts';
import { version } from './package-info.ts';
import { createRoutes } from './routes.ts';
import { createServer, type Server } from './server.ts';

/** A worker that exits at once after closing its listener loses connections that the cluster has just handed to it. */
const LINGER_MS = 100;

const USAGE = `Usage: npm start -- [flags]

A text-event WebSocket server with its pages on one port.
Every setting is an environment variable, also read from the file .env, and a flag; the flag comes first.

${describeVariables()}

  --help, --version
`;

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

function readSettings(args: string[]): Config | undefined {
  const flags = readFlags(args);
  if (flags.help) process.stdout.write(USAGE);
  else if (flags.version) process.stdout.write(`${version}\n`);
  if (flags.help || flags.version) return undefined;

  const values: Record<string, string | undefined> = { ...readEnvFile(), ...process.env };
  for (const name of variableNames) values[name] = (flags[flagOf(name)] as string | undefined) ?? values[name];
  const { config, problems } = loadConfig(values);
  if (problems) throw new TextEventError('ERR_CONFIG', problems.join('\n'));
  return config;
}

function readFlags(args: string[]): Record<string, string | boolean | undefined> {
  const options = Object.fromEntries(variableNames.map((name) => [flagOf(name), { type: 'string' as const }]));
  try {
    return parseArgs({ args, options: { ...options, help: { type: 'boolean' }, version: { type: 'boolean' } } }).values;
  } catch (error) {
    throw new TextEventError('ERR_CONFIG', `${(error as Error).message}. See --help`);
  }
}

function readEnvFile(): Record<string, string | undefined> {
  try {
    return parseEnv(readFileSync('.env', 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new TextEventError('ERR_CONFIG', `Cannot read .env: ${(error as Error).message}`);
  }
}

async function serve(config: Config): Promise<void> {
  prepareDataDir(config.dataDir);
  const log = createLogger(config);
  const say = config.nodeEnv === 'production' ? log.debug.bind(log) : log.info.bind(log);
  const routes = createRoutes(config, say);
  let draining = false;
  const app = await createApp({
    socketPaths: Object.keys(routes),
    status: () => ({ ready: !draining, connections: server.connections.length }),
  });
  const server = createServer({
    ...config,
    routes,
    request: (request, response) => app.routing(request, response),
    clientAddress: clientAddress(config.trustProxy),
  });
  logConnections(server, log);

  await listenOnPort(server, config.port, config.host);
  const beside = config.socketPath ? await listenOnPath(server, config.socketPath, config.socketMode) : undefined;
  announce(server, config, log);

  const stop = async (why: string): Promise<void> => {
    if (draining) return;
    draining = true;
    log.info({ why, connections: server.connections.length }, 'stopping');
    beside?.close();
    await Promise.all([server.shutdown(config.drainTime - LINGER_MS), delay(LINGER_MS)]);
    await app.close();
    log.info('stopped');
    process.exit(0);
  };
  process.on('SIGINT', () => stop('SIGINT'));
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('message', (message) => message === 'shutdown' && stop('shutdown message'));
  // What PM2's wait_ready waits for.
  process.send?.('ready');
}

function prepareDataDir(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true });
    accessSync(dir, constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new TextEventError(
      'ERR_CONFIG',
      `DATA_DIR: cannot write to ${dir} (${code}); give the folder to the user that runs this, or choose another`,
    );
  }
}

function logConnections(server: Server, log: Logger): void {
  server.on('connection', (connection) => {
    const { path, remoteAddress: address, remotePort: port } = connection;
    const start = Date.now();
    log.info({ path, address, port }, 'connection opened');
    connection.on('close', (code, reason) => {
      log.info({ path, address, port, code, reason, seconds: (Date.now() - start) / 1000 }, 'connection closed');
    });
  });
  server.on('refused', ({ status, reason }, request) => {
    log.info({ status, reason, address: request.socket.remoteAddress }, 'connection refused');
  });
  server.on('violation', (error, { path, remoteAddress: address }) => {
    log.info({ path, address, detail: error.message }, 'protocol violation');
  });
  server.on('handlerError', (err, { path }) => log.error({ path, err }, 'a handler failed'));
}

/** Says in a terminal what a person needs, and in a log what a machine does. */
function announce(server: Server, { nodeEnv, host, socketPath }: Config, log: Logger): void {
  const { port } = server.socket.address() as AddressInfo;
  const shown = host === '' || host === '::' || host === '0.0.0.0' ? 'localhost' : host;
  const authority = shown.includes(':') ? `[${shown}]:${port}` : `${shown}:${port}`;
  const page = `http://${authority}/`;
  const socket = `ws://${authority}/`;
  if (nodeEnv === 'production') {
    log.info({ page, socket, socketPath: socketPath || undefined, version }, '开始建立连接...');
    return;
  }
  const lines = ['开始建立连接...', `  page    ${page}`];
  if (shown === 'localhost') lines.push(...networkAddresses().map((address) => `          http://${address}:${port}/`));
  lines.push(`  socket  ${socket}`);
  if (socketPath) lines.push(`          unix:${socketPath}`);
  lines.push('  stop    Ctrl-C');
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** IPv4 addresses under which other machines reach this one. */
function networkAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flat()
    .filter((address) => address?.family === 'IPv4' && !address.internal)
    .map((address) => address?.address ?? '');
}
