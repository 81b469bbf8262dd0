import type { IncomingHttpHeaders } from 'node:http';
import type { Place } from './place.ts';
import type { Answer, Certificate, HandshakeAnswer } from './site.ts';

/** What a check found. */
export interface Finding {
  readonly status: 'ok' | 'wrong' | 'skipped';
  /** What was found, in words. */
  readonly detail: string;
  /** What to change. */
  readonly change?: Place;
}

/** A certificate is renewed 30 days before its end; one with fewer days than this was not. */
const MIN_DAYS = 14;
const MIN_HSTS_SECONDS = 15_552_000;

const rules = 'deploy/nginx/text-event-server/server.conf';
const http = 'deploy/nginx/text-event-server/http.conf';
const values = 'deploy/nginx/text-event-server.conf';

export const places = {
  upstream: { file: values, line: 'server unix:' },
  root: { file: values, line: 'root ' },
  certificate: { file: values, line: 'ssl_certificate ' },
  metrics: { file: rules, line: 'location ^~ /metrics' },
  status: { file: rules, line: 'location = /status' },
  assets: { file: rules, line: 'location /assets/' },
  gzip: { file: rules, line: 'gzip_static' },
  program: { file: rules, line: 'location @program' },
  upgrade: { file: rules, line: 'proxy_set_header Upgrade' },
  limits: { file: rules, line: 'limit_req ' },
  readTimeout: { file: rules, line: 'proxy_read_timeout' },
  buffering: { file: rules, line: 'proxy_buffering' },
  forwarded: { file: rules, line: 'proxy_set_header X-Forwarded-For' },
  redirect: { file: http, line: 'map $scheme$uri' },
  cache: { file: http, line: 'map $uri $text_event_cache' },
  hsts: { file: http, line: 'map $scheme $text_event_hsts' },
  header: (name: string): Place => ({ file: rules, line: `add_header ${name}` }),
  settings: { file: '.env', line: 'ALLOWED_ORIGINS' },
  rootHandler: { file: '.env', line: 'ROOT_HANDLER' },
} as const;

export const ok = (detail: string): Finding => ({ status: 'ok', detail });
export const wrong = (detail: string, change?: Place): Finding => ({
  status: 'wrong',
  detail,
  ...(change && { change }),
});
export const skipped = (detail: string): Finding => ({ status: 'skipped', detail });

/** The page itself. */
export function judgePage({ status, headers, body }: Answer): Finding {
  if (status >= 502 && status <= 504) return wrong(`${status}: Nginx does not reach the program`, places.upstream);
  if (status !== 200) return wrong(`got status ${status}, expected 200`, places.root);
  const type = headers['content-type'] ?? 'no content type';
  if (!type.startsWith('text/html')) return wrong(`got ${type}, expected text/html`, places.root);
  return ok(`200, ${Buffer.byteLength(body)} bytes of HTML`);
}

/** Addresses of the files that a page names by their content. */
export function assetsOf(html: string): string[] {
  return [...new Set([...html.matchAll(/(?:src|href)="([^":]*assets\/[^"]+)"/g)].map(([, path]) => path as string))];
}

/** One file under assets/. */
export function judgeAsset(path: string, { status, headers }: Answer): Finding {
  if (status !== 200) return wrong(`${path}: got status ${status}, expected 200`, places.assets);
  const cache = headers['cache-control'] ?? 'nothing';
  if (!/immutable/.test(cache)) return wrong(`${path}: Cache-Control is ${cache}, expected immutable`, places.cache);
  if (/\.(js|css)$/.test(path) && !headers['content-encoding']) return wrong(`${path} is not compressed`, places.gzip);
  return ok('');
}

/** What the page's headers must say, and how to see that they do. */
const headerRules: readonly [name: string, expected: string, holds: (value: string) => boolean, place: Place][] = [
  [
    'Content-Security-Policy',
    "default-src 'none' and nothing unsafe",
    (value) => /default-src 'none'/.test(value) && !/unsafe|\*/.test(value),
    places.header('Content-Security-Policy'),
  ],
  ['X-Content-Type-Options', 'nosniff', (value) => value === 'nosniff', places.header('X-Content-Type-Options')],
  ['Referrer-Policy', 'no-referrer', (value) => value === 'no-referrer', places.header('Referrer-Policy')],
  ['Cache-Control', 'no-cache', (value) => /no-cache|no-store|max-age=0/.test(value), places.cache],
];

/** The page's headers; over https with Strict-Transport-Security. */
export function judgeHeaders(headers: IncomingHttpHeaders, secure: boolean): Finding {
  for (const [name, expected, holds, place] of headerRules) {
    const value = String(headers[name.toLowerCase()] ?? '');
    if (!holds(value)) return wrong(`${name} is ${value || 'missing'}, expected ${expected}`, place);
  }
  if (!secure) return ok(headerRules.map(([name]) => name).join(', '));
  const hsts = headers['strict-transport-security'] ?? '';
  const seconds = Number(/max-age=(\d+)/.exec(hsts)?.[1] ?? 0);
  if (seconds < MIN_HSTS_SECONDS) {
    const got = hsts || 'missing';
    return wrong(`Strict-Transport-Security is ${got}, expected max-age of ${MIN_HSTS_SECONDS} or more`, places.hsts);
  }
  return ok([...headerRules.map(([name]) => name), 'Strict-Transport-Security'].join(', '));
}

/** What plain http answers. */
export function judgeRedirect({ status, headers }: Answer): Finding {
  const location = headers.location ?? 'nowhere';
  if (![301, 308].includes(status) || !location.startsWith('https://')) {
    return wrong(`got status ${status} to ${location}, expected 301 to https`, places.redirect);
  }
  return ok(`${status} to ${location}`);
}

/** @param insecure takes one that nobody vouches for */
export function judgeCertificate({ subject, until, problem }: Certificate, insecure: boolean, now: Date): Finding {
  const days = Math.floor((until.getTime() - now.getTime()) / 86_400_000);
  const who = `${subject || 'no name'}, ${days} days left`;
  if (days < MIN_DAYS) {
    return wrong(`${who}, expected ${MIN_DAYS} or more; see why: certbot renew --dry-run`, places.certificate);
  }
  if (problem && !insecure) return wrong(`${who}, not trusted: ${problem}`, places.certificate);
  return ok(problem ? `${who}, not trusted: ${problem}` : who);
}

/** A handshake where a WebSocket is. */
export function judgeUpgrade({ status, accepted }: HandshakeAnswer, origin: string | undefined): Finding {
  if (status === 101 && accepted) return ok(origin ? `101 for a page of ${origin}` : '101');
  if (status === 101)
    return wrong('101 without a right Sec-WebSocket-Accept: this is no WebSocket server', places.program);
  if (status === 403) return wrong(`403: pages of ${origin} may not connect`, places.settings);
  if (status === 429) return wrong('429: more handshakes than one address may send', places.limits);
  if (status >= 502 && status <= 504) return wrong(`${status}: Nginx does not reach the program`, places.upstream);
  return wrong(`got status ${status}, expected 101`, places.upgrade);
}

/** A handshake where nothing is. */
export function judgeUnknownPath({ status }: HandshakeAnswer): Finding {
  if (status === 404) return ok('404 before the upgrade');
  return wrong(`got status ${status}, expected 404 before the upgrade`, places.program);
}

/** What the public sees of the metrics. */
export function judgeMetrics({ status }: Answer): Finding {
  if ([401, 403, 404].includes(status)) return ok(`${status} from outside`);
  return wrong(`got status ${status} from outside, expected 404, or 401 where a token is needed`, places.metrics);
}

/** What the public sees of the status, which names rooms and addresses. */
export function judgeStatus({ status }: Answer): Finding {
  if ([401, 403, 404].includes(status)) return ok(`${status} from outside`);
  return wrong(`got status ${status} from outside, expected 404, or 401 where a token is needed`, places.status);
}

/** @param answer the text that came, undefined where none did */
export function judgeGreeting(name: string, answer: string | undefined, trouble: string): Finding {
  if (answer === `服务端已收到消息:${name}服务端发来消息: Hello,${name}`) return ok(answer);
  if (answer !== undefined)
    return wrong(`got ${JSON.stringify(answer)}: another handler sits at /`, places.rootHandler);
  return wrong(`no answer to ${name}: ${trouble}`, places.upgrade);
}

/** @param closed how the connection ended before its time, undefined where it did not */
export function judgeIdle(seconds: number, expected: number, closed: string | undefined): Finding {
  if (closed === undefined) return ok(`open after ${expected} s without a word`);
  const cut = `${closed} after ${Math.round(seconds)} s without a word, expected ${expected} s`;
  return wrong(cut, places.readTimeout);
}
