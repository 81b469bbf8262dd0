import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Config } from './config.ts';
import { sharedKindOf } from './file-system.ts';
import type { Logger } from './log.ts';
import { version } from './package-info.ts';
import type { Server } from './server.ts';

/** Says in a terminal what a person needs, and in a log what a machine does. */
export function announce(server: Server, { nodeEnv, host, socketPath }: Config, log: Logger): void {
  const { port } = server.socket.address() as AddressInfo;
  const everywhere = host === '' || host === '::' || host === '0.0.0.0';
  const shown = everywhere ? 'localhost' : host;
  const authority = shown.includes(':') ? `[${shown}]:${port}` : `${shown}:${port}`;
  const page = `http://${authority}/`;
  const socket = `ws://${authority}/`;
  if (nodeEnv === 'production') {
    log.info({ page, socket, socketPath: socketPath || undefined, version }, '开始建立连接...');
    return;
  }
  const lines = ['开始建立连接...', `  page    ${page}`];
  if (everywhere) lines.push(...networkAddresses().map((address) => `          http://${address}:${port}/`));
  lines.push(`  socket  ${socket}`);
  if (socketPath) lines.push(`          unix:${socketPath}`);
  lines.push('  stop    Ctrl-C');
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Everybody may do everything: that is right on a machine by itself, and on a public port it is to be meant. */
export function warnOfOpenPort({ nodeEnv, host, trustProxy, anonymousAccess }: Config, log: Logger): void {
  if (nodeEnv !== 'production' || anonymousAccess === 'all') return;
  // Through a proxy others come, too.
  if (trustProxy.length === 0 && /^(localhost$|127\.|::1$)/.test(host)) return;
  log.warn(
    'whoever reaches this port may read and publish everything: set AUTH_SECRET_FILE or AUTH_JWKS_URL, or ANONYMOUS_ACCESS=all where that is meant',
  );
}

const FILES_REMEDY = 'use a disk of this machine, or REDIS_URL where several share their rooms';

/** Rooms in files are for the processes of one machine: what the file system tells of others is said. */
export function warnOfSharedFiles({ dataDir }: Config, log: Logger): void {
  const kind = sharedKindOf(dataDir);
  if (kind)
    log.warn(
      `DATA_DIR is on a file system that may be shared (${kind}), where the rooms are not safe: ${FILES_REMEDY}`,
    );
}

/** @param other the name of another machine that uses the same files */
export function warnOfOtherMachine(other: string, log: Logger): void {
  log.warn({ other }, `another machine uses this DATA_DIR, and the rooms are not safe: ${FILES_REMEDY}`);
}

/** IPv4 addresses under which other machines reach this one. */
function networkAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flat()
    .filter((address) => address?.family === 'IPv4' && !address.internal)
    .map((address) => address?.address ?? '');
}
