import { NoAnswer, UnsuitableServer } from './checks.ts';
import type { RedisPlace } from './place.ts';

const REASONS: readonly [RegExp, string][] = [
  [/^NOAUTH/, 'it wants a password, and its address has none; one without a user is written redis://:password@host'],
  [/^WRONGPASS/, 'it refuses the user or the password: one of them is wrong, or the user is turned off'],
  [/^(ERR AUTH|ERR Client sent AUTH)/, 'it wants no password, and its address has one'],
  [/^(ERR invalid DB|ERR DB index)/, 'it has no database of that number'],
  [/^ERR This instance has cluster support disabled/, 'it is no cluster, and its address says redis+cluster'],
  [/^MOVED/, 'it is part of a cluster, and its address does not say redis+cluster'],
  [/^ERR unknown command '?sentinel/i, 'it is no Sentinel, and its address says redis+sentinel'],
  [/^ERR No such master/, 'its sentinels know no master of that name'],
  [/^OOM/, 'it is full: maxmemory is reached'],
  [/^READONLY/, 'it is a read-only replica'],
  [/^MISCONF/, 'it takes no writes because it cannot save to its disk'],
  [/^(LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS)/, 'it is not ready itself'],
];

/** A right that is missing: to a command of ours, or to one in a script, before Redis 7.2 and since. */
const NO_RIGHT = /^(NOPERM|ERR The user executing the script can't|ERR ACL failure in script)/;
/** What of Redis's own words about rights is told: later versions name the user, too. */
const RIGHT =
  /run the '[\w|-]+' command|access (?:a|one of the|at least one of the) (?:key|channel)s?|publish to the channel/;

/** How a server without TLS looks to a client that begins with it: it waits for the end of a line, or answers in plain text. */
const NO_TLS = /^(ConnectionTimeoutError|EPROTO|ERR_SSL_.*)$/;
/** How one with TLS looks to a client that begins without. */
const ONLY_TLS = /^(ECONNRESET|EPIPE|SocketClosedUnexpectedlyError)$/;
/** A TLS alert (RFC 8446 section 5.1) where an answer of Redis is expected. */
const ALERT = /^Unknown RESP type 21 /;

/**
 * What an error of Redis means, in words that name no user, password or address.
 * @param place where it was tried to be reached; undefined where it has been, so that whether it speaks TLS is known
 */
export function reasonOf(error: unknown, place?: RedisPlace): string {
  if (error instanceof UnsuitableServer || error instanceof NoAnswer) return error.message;
  const { message, code } = error as NodeJS.ErrnoException;
  // A script's error has the one of Redis in it.
  const text = message.replace(/^ERR (?=[A-Z]{3,} )/, '');
  if (NO_RIGHT.test(message) || NO_RIGHT.test(text)) {
    return `its ACL does not let this user ${RIGHT.exec(text)?.[0] ?? 'do what is needed'}`;
  }
  const known = REASONS.find(([pattern]) => pattern.test(text));
  if (known) return known[1];
  const name = code ?? /^[A-Z]+(?= )/.exec(message)?.[0] ?? String(error?.constructor.name);
  return `it cannot be reached (${name})${place ? tlsHint(place, name, message) : ''}`;
}

/** Trying the same again is of no use: somebody must change the settings. */
export function isHopeless(error: unknown): boolean {
  return (
    error instanceof UnsuitableServer ||
    /^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH|ERR invalid DB|ERR DB index)/.test((error as Error).message)
  );
}

/** What cannot be told from a firewall, or from a server that is just starting, is said as a possibility. */
function tlsHint({ tls, path }: RedisPlace, name: string, message: string): string {
  if (tls && NO_TLS.test(name)) return '; where it speaks no TLS, its address begins with redis, not rediss';
  if (!tls && path === undefined && (ONLY_TLS.test(name) || ALERT.test(message))) {
    return '; where it speaks TLS alone, its address begins with rediss';
  }
  return '';
}
