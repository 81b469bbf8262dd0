import { type JWTPayload, SignJWT } from 'jose';

/** What guarded sites of the tests sign with, and of more than 32 bytes. */
export const secret = new TextEncoder().encode('a secret of more than thirty-two bytes');

/** A token that is good for an hour unless its claims say something else. */
export function tokenWith(claims: JWTPayload = {}, key: Uint8Array = secret, alg = 'HS256'): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ sub: 'Ann', exp: now + 3600, ...claims }).setProtectedHeader({ alg }).sign(key);
}
