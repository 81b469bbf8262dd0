import type { IncomingMessage } from 'node:http';
import { RoomError } from '../rooms/room-error.ts';

/** What stands before a token among the subprotocols that a client offers; browsers can set no header on a WebSocket. */
const SUBPROTOCOL_PREFIX = 'text-event.token.';

/**
 * The token of a request: in the header `Authorization: Bearer`, as a subprotocol, or as `?token=`.
 * @throws RoomError unauthorized where there are several, since parts of a system could take different ones for the right one
 */
export function tokenOf(request: IncomingMessage): string | undefined {
  const tokens = [...bearer(request), ...subprotocols(request), ...query(request)];
  if (tokens.length <= 1) return tokens[0];
  throw new RoomError('unauthorized', `token: got ${tokens.length}, expected one, in one place`);
}

function bearer({ headers: { authorization = '' } }: IncomingMessage): string[] {
  const [, token] = /^bearer +(\S+) *$/i.exec(authorization) ?? [];
  return token === undefined ? [] : [token];
}

function subprotocols({ headers }: IncomingMessage): string[] {
  const offered = headers['sec-websocket-protocol']?.split(',') ?? [];
  return offered
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol.startsWith(SUBPROTOCOL_PREFIX))
    .map((protocol) => protocol.slice(SUBPROTOCOL_PREFIX.length));
}

function query({ url = '' }: IncomingMessage): string[] {
  const at = url.indexOf('?');
  return at === -1 ? [] : new URLSearchParams(url.slice(at + 1)).getAll('token');
}
