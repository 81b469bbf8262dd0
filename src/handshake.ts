import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Why a request is not let in: an HTTP status, one line for a person, and what else the answer must say. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sixteen bytes in Base64 (RFC 6455 section 4.1). */
const KEY = /^[+/0-9A-Za-z]{21}[AQgw]==$/;

/** What is wrong with an upgrade request as an opening handshake, by RFC 6455 section 4.2.1. */
export function handshakeProblem(request: IncomingMessage): Refusal | undefined {
  if (request.method !== 'GET') return bad(`got the method ${request.method}, expected GET`);
  if (request.httpVersion !== '1.1') return bad(`got HTTP/${request.httpVersion}, expected HTTP/1.1`);
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
  if (length !== '0' || encoding !== undefined) return bad('a handshake has no body');
  if (!request.headers.host) return bad('the Host header is missing');
  const version = request.headers['sec-websocket-version'];
  if (version === undefined) return bad('the Sec-WebSocket-Version header is missing');
  if (version !== '13') {
    // Section 4.2.2: say which version there is.
    const headers = { 'Sec-WebSocket-Version': '13' };
    return { status: 426, reason: `got WebSocket version ${version}, expected 13`, headers };
  }
  const key = request.headers['sec-websocket-key'];
  if (key === undefined) return bad('the Sec-WebSocket-Key header is missing');
  if (!KEY.test(key)) return bad('Sec-WebSocket-Key is not 16 bytes in Base64');
  return undefined;
}

/** The path of a request target, without its query; undefined where the target has none. */
export function pathOf(target: string | undefined): string | undefined {
  if (target?.startsWith('/')) return target.split('?', 1)[0];
  return URL.canParse(target ?? '') ? new URL(target as string).pathname : undefined;
}

/** Stands among allowed origins for the pages of the host that a request names. */
export const SAME_ORIGIN = 'same-origin';

/** Whether a browser's page may connect; a program that is no browser sends no Origin, and is not kept out by it. */
export function originAllowed({ headers }: IncomingMessage, allowed: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin.toLowerCase())) return true;
  return allowed.includes(SAME_ORIGIN) && isSameHost(origin, host);
}

/** The scheme is not compared: TLS may end at a proxy before this server. A proxy has to pass the Host header on. */
function isSameHost(origin: string, host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(origin)) return false;
  const page = new URL(origin);
  // The one may name the port that goes without saying, and the other not.
  const target = `${page.protocol}//${host}`;
  return (
    page.host !== '' &&
    page.origin === origin.toLowerCase() &&
    URL.canParse(target) &&
    new URL(target).host === page.host
  );
}

/** @throws TypeError for what is no refusal, such as a promise of one, from a caller without types */
export function checkedRefusal(value: Refusal): Refusal {
  if (
    Number.isInteger(value?.status) &&
    value.status >= 200 &&
    value.status <= 599 &&
    typeof value.reason === 'string'
  ) {
    return value;
  }
  throw new TypeError('expected a refusal: { status: 200 to 599, reason: a text }');
}

/** Writes a refusal on a socket that has no response object, and ends it. */
export function refuse(socket: Duplex, refusal: Refusal): void {
  socket.end(answerOf(refusal));
  cutLater(socket);
}

/** A refusal as an HTTP answer. */
export function answerOf({ status, reason, headers }: Refusal): string {
  // Only printable ASCII: a reason may quote what came from outside.
  const body = `${reason.replace(/[^ -~]/g, '?')}\n`;
  const fields = {
    Connection: 'close',
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    ...headers,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
}

/** For how long a peer may keep a socket that this side has ended, in milliseconds. */
const ENDED_SOCKET_TIME = 3_000;

/** A socket that this side has ended goes when its peer ends it, too; what still comes is dropped, and the wait bounded. */
export function cutLater(socket: Duplex): void {
  socket.on('error', ignoreErrors);
  socket.resume();
  const cut = setTimeout(() => socket.destroy(), ENDED_SOCKET_TIME);
  socket.once('close', () => clearTimeout(cut));
}

function bad(reason: string): Refusal {
  return { status: 400, reason };
}

/** Requests may be sent one behind the other: whether the answer to an earlier one is still on its way. */
export function isAnswering(socket: Duplex): boolean {
  // Node keeps it under this name; there is no public one.
  return Boolean((socket as Duplex & { _httpMessage?: ServerResponse | null })._httpMessage);
}

/** A socket that is being ended may fail meanwhile; nobody is left to tell. */
export function ignoreErrors(): void {}
