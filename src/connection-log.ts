import type { IncomingMessage } from 'node:http';
import type { ClientAddress } from './client-address.ts';
import { pathOf } from './handshake.ts';
import type { HttpAnswer } from './http/app.ts';
import { nextId } from './ids.ts';
import type { Logger } from './log.ts';
import type { Server } from './server.ts';
import type { Connection } from './wire/connection.ts';

/** Characters of a path; a client may send one as long as a request's head. */
const MAX_PATH = 200;

/** How the log names a connection, and when it came, in milliseconds since 1970. */
export interface Opened {
  readonly id: string;
  readonly since: number;
}

/**
 * Logs one line when a connection opens and one when it closes, and who was refused or failed. Of a request only method and path
 * are logged: header fields and queries may hold what a client keeps secret.
 * @returns what names a connection
 */
export function logConnections(server: Server, log: Logger): (connection: Connection) => Opened | undefined {
  const opened = new WeakMap<Connection, Opened>();
  const about = (connection: Connection) => ({
    id: opened.get(connection)?.id,
    path: shownPath(connection.path),
    address: connection.remoteAddress,
    port: connection.remotePort,
  });
  server.on('connection', (connection) => {
    const start = performance.now();
    opened.set(connection, { id: nextId(), since: Date.now() });
    log.info(about(connection), 'connection opened');
    connection.on('close', (code, reason) => {
      const seconds = secondsSince(start);
      log.info({ ...about(connection), code, reason, seconds, ...trafficOf(connection) }, 'connection closed');
    });
  });
  server.on('refused', ({ status, reason }, request, { address, port }) => {
    const path = request && shownPath(request.url);
    log.info({ id: nextId(), path, status, reason: cut(reason), address, port }, 'connection refused');
  });
  server.on('violation', (error, connection) => {
    log.info({ ...about(connection), detail: error.message }, 'protocol violation');
  });
  server.on('handlerError', (err, connection) => log.error({ ...about(connection), err }, 'a handler failed'));
  return (connection) => opened.get(connection);
}

/** Logs HTTP requests: those that were refused or failed, and at level debug all others. */
export function logRequests(log: Logger, clientOf: ClientAddress): (answer: HttpAnswer) => void {
  return ({ id, request, status, seconds }) => {
    const level = status >= 400 ? 'info' : 'debug';
    if (!log.isLevelEnabled(level)) return;
    const { method } = request;
    const line = { id, method, path: shownPath(request.url), status, seconds: rounded(seconds), ...clientOf(request) };
    log[level](line, status >= 400 ? 'request refused' : 'request answered');
  };
}

function trafficOf({ messagesReceived, messagesSent, socket }: Connection) {
  const { bytesRead: bytesIn, bytesWritten: bytesOut } = socket;
  return { messagesIn: messagesReceived, messagesOut: messagesSent, bytesIn, bytesOut };
}

/** Without the query, and without the user and password that a target with a scheme may name. */
function shownPath(target: IncomingMessage['url']): string | undefined {
  const path = pathOf(target);
  return path === undefined ? undefined : cut(path);
}

function cut(text: string): string {
  return text.length > MAX_PATH ? `${text.slice(0, MAX_PATH)}…` : text;
}

function secondsSince(start: number): number {
  return rounded((performance.now() - start) / 1000);
}

/** To milliseconds. */
function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
