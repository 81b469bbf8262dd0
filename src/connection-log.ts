import type { Logger } from './log.ts';
import type { Server } from './server.ts';

/** Logs one line when a connection opens and one when it closes, and who was refused or failed. */
export function logConnections(server: Server, log: Logger): void {
  server.on('connection', (connection) => {
    const { remoteAddress: address, remotePort: port } = connection;
    const path = withoutQuery(connection.path);
    const start = Date.now();
    log.info({ path, address, port }, 'connection opened');
    connection.on('close', (code, reason) => {
      log.info({ path, address, port, code, reason, seconds: (Date.now() - start) / 1000 }, 'connection closed');
    });
  });
  server.on('refused', ({ status, reason }, _request, { address, port }) => {
    log.info({ status, reason, address, port }, 'connection refused');
  });
  server.on('violation', (error, { path, remoteAddress: address }) => {
    log.info({ path: withoutQuery(path), address, detail: error.message }, 'protocol violation');
  });
  server.on('handlerError', (err, { path }) => log.error({ path: withoutQuery(path), err }, 'a handler failed'));
}

/** A query may hold what a client keeps secret. */
function withoutQuery(target: string): string | undefined {
  return target.split('?', 1)[0];
}
