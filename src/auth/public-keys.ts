import { createRemoteJWKSet, customFetch, type FetchImplementation, type JWTVerifyGetKey } from 'jose';

/** Milliseconds for which fetched keys are used, and between two fetches for a key that is not among them. */
const KEYS_MAX_AGE = 600_000;
const KEYS_COOLDOWN = 30_000;

/** Milliseconds after a fetch that failed: whoever sends tokens cannot make this server flood the one that has the keys. */
const FAILURE_COOLDOWN = 2_000;

const FETCH_TIMEOUT = 5_000;

/**
 * The keys of a JWKS URL: fetched when they are first needed, kept, and fetched anew for a key that is not among them.
 * @param report told when a fetch fails
 */
export function publicKeys(url: string, report: (error: unknown) => void): JWTVerifyGetKey {
  let failed: { error: unknown; until: number } | undefined;
  const patiently: FetchImplementation = async (where, options) => {
    if (failed && Date.now() < failed.until) throw failed.error;
    try {
      const response = await fetch(where, options);
      if (response.status !== 200) throw new Error(`AUTH_JWKS_URL: got status ${response.status}, expected 200`);
      return response;
    } catch (error) {
      failed = { error, until: Date.now() + FAILURE_COOLDOWN };
      report(error);
      throw error;
    }
  };
  return createRemoteJWKSet(new URL(url), {
    cacheMaxAge: KEYS_MAX_AGE,
    cooldownDuration: KEYS_COOLDOWN,
    timeoutDuration: FETCH_TIMEOUT,
    [customFetch]: patiently,
  });
}
