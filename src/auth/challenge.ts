import type { RoomErrorCode } from '../rooms/protocol.ts';

const errorOf: Readonly<Partial<Record<RoomErrorCode, string>>> = {
  token_expired: ', error="invalid_token", error_description="expired"',
  forbidden: ', error="insufficient_scope"',
};

/** The field WWW-Authenticate of an answer (RFC 6750 section 3); undefined where it says nothing of tokens. */
export function challengeOf(code: RoomErrorCode): string | undefined {
  if (code !== 'unauthorized' && errorOf[code] === undefined) return undefined;
  return `Bearer realm="text-event-server"${errorOf[code] ?? ''}`;
}
