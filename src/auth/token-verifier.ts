import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { RoomError } from '../rooms/room-error.ts';
import { type Claims, readClaims } from './claims.ts';
import { publicKeys } from './public-keys.ts';

export interface TokenKeys {
  /** For HS256. */
  secret?: Uint8Array | undefined;
  /** Where the public keys are, for RS256, ES256 and EdDSA. */
  jwksUrl?: string | undefined;
  /** What `iss` and `aud` have to be; not looked at where they are not given. */
  issuer?: string | undefined;
  audience?: string | undefined;
}

/** The algorithm chooses the kind of key, so that a public key never serves as a secret, and `none` has no key at all. */
const SECRET_ALGORITHMS = ['HS256'];
const PUBLIC_ALGORITHMS = ['RS256', 'ES256', 'EdDSA', 'Ed25519'];

/** In characters. */
const MAX_LENGTH = 8192;

type Verify = (token: string) => Promise<{ payload: JWTPayload }>;

/** Checks tokens: signature, times, issuer and audience, and what they say. */
export class TokenVerifier {
  readonly #verifiers = new Map<string, Verify>();

  /** @param report told when the public keys cannot be fetched */
  constructor({ secret, jwksUrl, issuer, audience }: TokenKeys, report: (error: unknown) => void) {
    const options: JWTVerifyOptions = { requiredClaims: ['exp', 'sub'] };
    if (issuer) options.issuer = issuer;
    if (audience) options.audience = audience;
    if (secret) {
      const algorithms = SECRET_ALGORITHMS;
      this.#add(algorithms, (token) => jwtVerify(token, secret, { ...options, algorithms }));
    }
    if (jwksUrl) {
      const algorithms = PUBLIC_ALGORITHMS;
      const keys = publicKeys(jwksUrl, report);
      this.#add(algorithms, (token) => jwtVerify(token, keys, { ...options, algorithms }));
    }
  }

  get hasKeys(): boolean {
    return this.#verifiers.size > 0;
  }

  /** @throws RoomError unauthorized, token_expired, or where the public keys cannot be fetched unavailable */
  async verify(token: string): Promise<Claims> {
    if (token.length > MAX_LENGTH) {
      throw wrong(`got ${token.length} characters, expected ${MAX_LENGTH} at most`);
    }
    const verify = this.#verifierOf(token);
    const { payload } = await verify(token).catch((error: unknown) => {
      throw problemOf(error);
    });
    return readClaims(payload);
  }

  #add(algorithms: readonly string[], verify: Verify): void {
    for (const algorithm of algorithms) this.#verifiers.set(algorithm, verify);
  }

  #verifierOf(token: string): Verify {
    const algorithm = algorithmOf(token);
    const verify = this.#verifiers.get(algorithm);
    if (verify) return verify;
    const expected = [...this.#verifiers.keys()].join(', ') || 'none: this server takes no tokens';
    throw wrong(`got the algorithm ${JSON.stringify(algorithm.slice(0, 40))}, expected ${expected}`);
  }
}

function algorithmOf(token: string): string {
  try {
    return String(decodeProtectedHeader(token).alg);
  } catch {
    throw wrong('got a text that is no JSON Web Token');
  }
}

/** Of what jose found, whose messages name claims and never their values; anything else is a fetch that failed. */
function problemOf(error: unknown): RoomError {
  if (error instanceof errors.JWTExpired) return new RoomError('token_expired', 'token: it has expired; get a new one');
  const unfetched = error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid;
  const isAboutToken = error instanceof errors.JOSEError && error.code !== 'ERR_JOSE_GENERIC' && !unfetched;
  if (isAboutToken) return wrong(error.message);
  const message = 'the keys that tokens are checked with cannot be fetched now; try again later';
  return new RoomError('unavailable', message, { cause: error });
}

function wrong(problem: string): RoomError {
  return new RoomError('unauthorized', `token: ${problem}`);
}
