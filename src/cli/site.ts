import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import net from 'node:net';
import tls, { type PeerCertificate } from 'node:tls';
import { gunzipSync } from 'node:zlib';

/** How a stream of server-sent events began. */
export interface StreamStart {
  readonly status: number | undefined;
  readonly type: string;
  /** Whether the first block came in time. */
  readonly begun: boolean;
  readonly milliseconds: number;
}

/** A running site, and how it is to be spoken to. */
export interface Site {
  /** Where its page is; ends in a slash. */
  readonly url: URL;
  /** Where plain http is to be sent on to https from; undefined where nobody knows. */
  readonly plainUrl: URL | undefined;
  /** What a handshake gives as its Origin; undefined for none, as from a program. */
  readonly origin: string | undefined;
  /** Takes any certificate. */
  readonly insecure: boolean;
  /** For what a site opens to its users; what it shows to everybody is asked for without it. */
  readonly token?: string | undefined;
  /** Milliseconds that a connection is held open without a word. */
  readonly idle: number;
}

/** An answer over HTTP. */
export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** An answer to a handshake. */
export interface HandshakeAnswer {
  readonly status: number;
  /** Whether Sec-WebSocket-Accept proves that a WebSocket server read the key (RFC 6455 section 4.1). */
  readonly accepted: boolean;
}

/** A server's certificate, and what the system's trust store thinks of it. */
export interface Certificate {
  readonly subject: string;
  readonly until: Date;
  /** Why it is not trusted; undefined where it is. */
  readonly problem: string | undefined;
}

const ANSWER_TIMEOUT = 10_000;
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * Sees that something listens there.
 * @throws Error with one line for a person
 */
export async function reach({ url }: Site): Promise<void> {
  const { host, port } = endpoint(url);
  const socket = net.connect({ host, port, timeout: ANSWER_TIMEOUT });
  socket.once('timeout', () => socket.destroy(new Error(`no answer within ${ANSWER_TIMEOUT / 1000} s`)));
  try {
    await once(socket, 'connect');
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    const look =
      'Is the name right, does Nginx run (systemctl status nginx), does the firewall let it in (ufw status)?';
    throw new Error(`nothing answers at ${host} port ${port}: ${message || code}. ${look}`);
  } finally {
    socket.destroy();
  }
}

/** Asks for a path or address as a browser would, following nothing. */
export async function get(site: Site, where: string | URL): Promise<Answer> {
  const response = await answerTo(open(site, new URL(where, site.url), { 'Accept-Encoding': 'gzip' }));
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const body = response.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
  return { status: response.statusCode ?? 0, headers: response.headers, body: body.toString() };
}

/** Sends an opening handshake and hangs up on whatever comes. */
export async function handshake(site: Site, where: string): Promise<HandshakeAnswer> {
  const key = randomBytes(16).toString('base64');
  const headers: http.OutgoingHttpHeaders = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': key,
  };
  Object.assign(headers, userHeaders(site));
  const response = await answerTo(open(site, new URL(where, site.url), headers));
  response.socket.destroy();
  const proof = createHash('sha1').update(`${key}${GUID}`).digest('base64');
  return { status: response.statusCode ?? 0, accepted: response.headers['sec-websocket-accept'] === proof };
}

/** Reads the certificate without asking whether it is trusted. */
export function certificate({ url }: Site): Promise<Certificate> {
  const { host, port } = endpoint(url);
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host, port, servername: nameOf(host), rejectUnauthorized: false });
    socket.setTimeout(ANSWER_TIMEOUT, () => socket.destroy(new Error(`no TLS within ${ANSWER_TIMEOUT / 1000} s`)));
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const { subject, valid_to } = socket.getPeerCertificate() as PeerCertificate;
      const problem = socket.authorized ? undefined : String(socket.authorizationError);
      socket.destroy();
      resolve({ subject: String(subject?.CN ?? ''), until: new Date(valid_to), problem });
    });
  });
}

/** The same place, or one below it, for a WebSocket. */
export function socketUrl({ url }: Site, path = ''): string {
  return new URL(path, url).href.replace(/^http/, 'ws');
}

/** Asks for a stream of server-sent events and hangs up on its first bytes, or when the time is over. @param limit milliseconds */
export async function streamStart(site: Site, where: string, limit: number): Promise<StreamStart> {
  const start = performance.now();
  const request = open(site, new URL(where, site.url), { Accept: 'text/event-stream', ...authorization(site) });
  let answer: IncomingMessage | undefined;
  let late = false;
  const cut = setTimeout(() => {
    late = true;
    request.destroy(new Error('late'));
  }, limit);
  try {
    answer = await answerTo(request);
    await Promise.race([once(answer, 'data'), once(answer, 'end')]);
  } catch (error) {
    if (!late) throw error;
  } finally {
    clearTimeout(cut);
    request.destroy();
  }
  const type = answer?.headers['content-type'] ?? 'no content type';
  return { status: answer?.statusCode, type, begun: !late, milliseconds: performance.now() - start };
}

/** How a user's WebSocket comes: from a page, and with a token where there is one. */
export function userHeaders(site: Site): Record<string, string> {
  return { ...(site.origin && { Origin: site.origin }), ...authorization(site) };
}

function authorization({ token }: Site): Record<string, string> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

function endpoint({ protocol, hostname, port }: URL): { host: string; port: number } {
  const host = hostname.replace(/^\[|\]$/g, '');
  return { host, port: Number(port) || (protocol === 'https:' ? 443 : 80) };
}

function open(site: Site, url: URL, headers: http.OutgoingHttpHeaders): http.ClientRequest {
  const options = { headers, agent: false, timeout: ANSWER_TIMEOUT };
  if (url.protocol === 'http:') return http.get(url, options);
  return https.get(url, { ...options, rejectUnauthorized: !site.insecure });
}

/** The answer's head, be it an upgrade or not. */
function answerTo(request: http.ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('timeout', () => request.destroy(new Error(`no answer within ${ANSWER_TIMEOUT / 1000} s`)));
    request.once('error', reject);
    request.once('response', resolve);
    request.once('upgrade', resolve);
  });
}

/** SNI takes names alone (RFC 6066 section 3). */
function nameOf(host: string): string {
  return net.isIP(host) ? '' : host;
}
