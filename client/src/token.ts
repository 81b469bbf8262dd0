/** A token, or what gets one, again for each attempt to connect; undefined is none. */
export type TokenSource = string | (() => string | undefined | Promise<string | undefined>);

/** Before its end, in milliseconds, a token is replaced; one that lives shortly at half of what is left. */
const AHEAD = 30_000;

/**
 * Gets another token before this one ends: not sooner than in a second, and not later than a timer can. Where none comes, or it is not taken,
 * the server closes in the end, and one is asked for again.
 */
export function renewLater(
  expires: string,
  source: Exclude<TokenSource, string>,
  hand: (token: string) => void,
): ReturnType<typeof setTimeout> {
  const left = Date.parse(expires) - Date.now();
  const renew = async () => {
    try {
      const token = await source();
      if (token) hand(token);
    } catch {}
  };
  return setTimeout(renew, Math.min(Math.max(left - AHEAD, left / 2, 1_000), 2 ** 31 - 1));
}

/** The addition to an address, or to the subprotocols where one is spoken: addresses are logged, by others than this server. */
export function withToken(address: string, protocols: string[], token: string | undefined): [string, string[]] {
  if (!token) return [address, protocols];
  // Browsers refuse a server that chooses none of those that were offered, and a token is never chosen.
  if (protocols.length > 0) return [address, [...protocols, `text-event.token.${token}`]];
  const url = new URL(address);
  url.searchParams.set('token', token);
  return [url.href, protocols];
}
