import { SignJWT } from 'jose';
import type { OperatorRight } from './operator-rights.ts';
import type { RoomRights } from './room-rights.ts';

export interface TokenContent {
  subject: string;
  rooms: RoomRights;
  operator?: readonly OperatorRight[] | undefined;
  /** Milliseconds from now for which it holds. */
  lifetime: number;
  issuer?: string | undefined;
  audience?: string | undefined;
}

/** Makes a token that a server with the same secret takes. */
export function makeToken(secret: Uint8Array, content: TokenContent): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const { rooms, operator } = content;
  const token = new SignJWT({ rooms: Object.fromEntries(rooms), ...(operator && { operator }) })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(content.subject)
    .setIssuedAt(now)
    .setExpirationTime(now + Math.ceil(content.lifetime / 1000));
  if (content.issuer) token.setIssuer(content.issuer);
  if (content.audience) token.setAudience(content.audience);
  return token.sign(secret);
}
