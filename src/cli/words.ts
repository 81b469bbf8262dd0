import { closeCodes } from '../close-codes.ts';

const table = Object.values(closeCodes);

/** What the table has no reason for, since none is ever sent with it. */
const unsent: Readonly<Record<number, string>> = {
  [closeCodes.NO_STATUS.code]: 'no code given',
  [closeCodes.ABNORMAL.code]: 'broken off, without a closing handshake',
};

/** A close code in words, with what the server said beside it: `1012 (service restart): retry after 200 ms`. */
export function closeWords(code: number, reason: string): string {
  const known = unsent[code] ?? table.find((row) => row.code === code)?.reason;
  const words = known ? `${code} (${known})` : String(code);
  return reason && reason !== known ? `${words}: ${visible(reason)}` : words;
}

/** Whether a client may come back by itself after a close code; those of applications say nothing against it. */
export function mayComeBack(code: number): boolean {
  return table.find((row) => row.code === code)?.reconnect ?? true;
}

const troubles: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the other side hung up; is it ws:// or wss:// there?',
  ENOTFOUND: 'no such name',
  EAI_AGAIN: 'the name could not be looked up',
  EHOSTUNREACH: 'no way to that machine',
  ENETUNREACH: 'no way to that network',
  ETIMEDOUT: 'no answer',
  EMFILE: 'too many open files; see ulimit -n',
  EADDRNOTAVAIL: 'no free port on this side',
  EPROTO: 'that is no TLS; is it ws:// there?',
  ERR_SSL_WRONG_VERSION_NUMBER: 'that is no TLS; is it ws:// there?',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'that is no TLS; is it ws:// there?',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'a certificate that nobody vouches for; to take it: --insecure',
  SELF_SIGNED_CERT_IN_CHAIN: 'a certificate that nobody vouches for; to take it: --insecure',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'a certificate that nobody vouches for; to take it: --insecure',
  CERT_HAS_EXPIRED: 'its certificate has expired; to take it: --insecure',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name; to take it: --insecure',
};

/** Why a connection could not be made. */
export function troubleWords({ code = '', message }: NodeJS.ErrnoException): string {
  if (troubles[code]) return `${troubles[code]} (${code})`;
  return visible(message.replace(/^Cannot connect: /, '') || code || 'unknown trouble');
}

/** An address as it is shown: its query may hold what is nobody's business. */
export function addressOf({ origin, pathname }: URL): string {
  return visible(origin + pathname);
}

/** Control characters, and those that turn the direction of writing, as text: what came must not steer the terminal. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, '0')}`;
  });
}
