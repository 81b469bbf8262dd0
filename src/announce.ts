import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Config } from './config.ts';
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

/** IPv4 addresses under which other machines reach this one. */
function networkAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flat()
    .filter((address) => address?.family === 'IPv4' && !address.internal)
    .map((address) => address?.address ?? '');
}
