import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type CheckOptions, readWish } from '../../src/cli/arguments.ts';
import { checks } from '../../src/cli/checks.ts';
import {
  assetsOf,
  judgeCertificate,
  judgeGreeting,
  judgeHeaders,
  judgeMetrics,
  judgePage,
  judgeRedirect,
  judgeStatus,
  judgeUpgrade,
  places,
} from '../../src/cli/findings.ts';
import { describePlace, lineNumber, type Place } from '../../src/cli/place.ts';
import { runCommand } from '../helpers/command.ts';
import { execute } from '../helpers/pm2.ts';
import { root, startProgram } from '../helpers/program.ts';

const GOOD_HEADERS = {
  'content-security-policy': "default-src 'none'; script-src 'self'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
  'strict-transport-security': 'max-age=31536000',
};

const check = (...args: string[]) => execute(join(root, 'deploy/check'), args);

/** A server that is no WebSocket server and has no headers of ours. */
async function startStranger(t: ExecutionContext): Promise<string> {
  const server = http.createServer((_request, response) => response.end('<h1>It works!</h1>')).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test('the program itself passes every check that plain http has', async (t) => {
  const program = await startProgram(t, { NODE_ENV: 'production' });
  const { code, output } = await check('--idle', '1s', program.url);
  t.is(code, 0, output);
  t.deepEqual(
    [...output.matchAll(/^(ok|WRONG|skipped) +(\w+)/gm)].map(([, status, name]) => `${name} ${status}`),
    [
      'page ok',
      'assets ok',
      'headers ok',
      'redirect skipped',
      'certificate skipped',
      'unknown ok',
      'metrics skipped',
      'status skipped',
      'upgrade ok',
      'greeting ok',
      'idle ok',
    ],
  );
});

test('a site that refuses its own pages is told the setting to change', async (t) => {
  const program = await startProgram(t, { ALLOWED_ORIGINS: 'https://other.example' });
  const { code, output } = await check('--only', 'upgrade', program.url);
  t.is(code, 1);
  t.regex(
    output,
    /WRONG +upgrade +403: pages of http:\/\/127\.0\.0\.1:\d+ may not connect\n +change \.env, ALLOWED_ORIGINS\n/,
  );
  t.is((await check('--only', 'upgrade', '--origin', 'off', program.url)).code, 0);
});

test('something else at the address fails with exit code 1, as JSON too', async (t) => {
  const url = await startStranger(t);
  const { code, output } = await check('--json', '--quick', url);
  t.is(code, 1);
  const { ok, site, checks } = JSON.parse(output);
  t.false(ok);
  t.is(site, url);
  const wrong = checks
    .filter(({ status }: { status: string }) => status === 'wrong')
    .map(({ name }: { name: string }) => name);
  t.deepEqual(wrong, ['page', 'assets', 'headers', 'unknown', 'upgrade', 'greeting']);
});

test('what cannot be checked ends with one line and exit code 2', async (t) => {
  const cases: [args: string[], said: RegExp][] = [
    [[], /got 0 addresses, expected one/],
    [['your.host'], /expected an address such as https:\/\/your\.host\//],
    [['--only', 'pages', 'http://localhost/'], /there is no check "pages", only page, /],
    [['--idle', '65', 'http://localhost/'], /--idle: got "65", expected a time such as 65s/],
    [['--nonsense', 'http://localhost/'], /nonsense/],
    [['http://127.0.0.1:1/'], /nothing answers at 127\.0\.0\.1 port 1: .*ECONNREFUSED/],
  ];
  for (const [args, said] of cases) {
    const { code, output } = await check(...args);
    t.is(code, 2, output);
    t.regex(output, said);
    t.is(output.trim().split('\n').length, 1, output);
  }
});

test('an address is read with what follows from it', (t) => {
  const read = (address: string, options: CheckOptions = {}) => readWish([address], options, Object.keys(checks));
  const { site, names } = read('https://your.host');
  t.is(site.url.href, 'https://your.host/');
  t.is(site.plainUrl?.href, 'http://your.host/');
  t.is(site.origin, 'https://your.host');
  t.is(site.idle, 65_000);
  t.true(names.includes('idle'));
  t.is(read('https://your.host:8443/').site.plainUrl, undefined);
  t.is(read('https://your.host:8443/a', { httpPort: '8080' }).site.plainUrl?.href, 'http://your.host:8080/a/');
  t.is(read('https://your.host', { quick: true }).site.idle, 0);
  t.deepEqual(read('https://your.host', { only: 'page,upgrade', skip: 'page' }).names, ['upgrade']);
});

test('the command line runs the same check', async (t) => {
  const url = await startStranger(t);
  const args = ['--only', 'page,unknown', url];
  const { code, stdout } = await runCommand(t, ['check', ...args]);
  t.is(code, 1);
  t.is(stdout, (await check(...args)).output);
  t.is((await runCommand(t, ['check'])).code, 2);
  t.is((await check('--help')).code, 0);
});

test('metrics and status are judged by what the public is told', (t) => {
  for (const judge of [judgeMetrics, judgeStatus]) {
    const statusOf = (status: number) => judge({ status, headers: {}, body: '' }).status;
    t.deepEqual([401, 403, 404].map(statusOf), ['ok', 'ok', 'ok']);
    t.deepEqual([200, 301, 500].map(statusOf), ['wrong', 'wrong', 'wrong']);
  }
  t.deepEqual(judgeStatus({ status: 200, headers: {}, body: '' }).change, places.status);
});

test('a page is judged by status and type', (t) => {
  const html = { 'content-type': 'text/html; charset=utf-8' };
  t.is(judgePage({ status: 200, headers: html, body: '<p>' }).status, 'ok');
  t.is(judgePage({ status: 502, headers: html, body: '' }).change, places.upstream);
  t.is(judgePage({ status: 404, headers: html, body: '' }).change, places.root);
  t.is(judgePage({ status: 200, headers: {}, body: '' }).status, 'wrong');
});

test('the assets of a page are its own files, each once', (t) => {
  const html = `<script src="./assets/a.js"></script><link href="/assets/b.css"><img src="/assets/b.css">
    <link href="https://cdn.example/assets/c.css"><a href="/about">`;
  t.deepEqual(assetsOf(html), ['./assets/a.js', '/assets/b.css']);
});

test('each header that is missing or weak is named', (t) => {
  t.is(judgeHeaders(GOOD_HEADERS, true).status, 'ok');
  t.is(judgeHeaders({ ...GOOD_HEADERS, 'strict-transport-security': undefined }, false).status, 'ok');
  for (const name of Object.keys(GOOD_HEADERS)) {
    const finding = judgeHeaders({ ...GOOD_HEADERS, [name]: undefined }, true);
    t.is(finding.status, 'wrong');
    t.regex(finding.detail.toLowerCase(), new RegExp(`^${name} is missing`));
  }
  const unsafe = { ...GOOD_HEADERS, 'content-security-policy': "default-src 'none'; script-src 'unsafe-inline'" };
  t.is(judgeHeaders(unsafe, true).status, 'wrong');
  t.is(judgeHeaders({ ...GOOD_HEADERS, 'strict-transport-security': 'max-age=60' }, true).status, 'wrong');
});

test('a redirect must be for good and lead to https', (t) => {
  const answer = (status: number, location: string) => ({ status, headers: { location }, body: '' });
  t.is(judgeRedirect(answer(301, 'https://your.host/')).status, 'ok');
  t.is(judgeRedirect(answer(302, 'https://your.host/')).status, 'wrong');
  t.is(judgeRedirect(answer(301, 'http://your.host/')).status, 'wrong');
});

test('a certificate must be trusted and have 14 days left', (t) => {
  const now = new Date('2026-11-20T00:00:00Z');
  const until = (day: string) => ({ subject: 'your.host', until: new Date(`${day}T12:00:00Z`), problem: undefined });
  t.is(judgeCertificate(until('2026-12-04'), false, now).detail, 'your.host, 14 days left');
  t.is(judgeCertificate(until('2026-12-03'), false, now).status, 'wrong');
  t.is(judgeCertificate(until('2026-11-19'), true, now).status, 'wrong');
  const selfSigned = { ...until('2027-01-01'), problem: 'DEPTH_ZERO_SELF_SIGNED_CERT' };
  t.is(judgeCertificate(selfSigned, false, now).status, 'wrong');
  t.is(judgeCertificate(selfSigned, true, now).status, 'ok');
});

test('an upgrade must be answered by a WebSocket server', (t) => {
  t.is(judgeUpgrade({ status: 101, accepted: true }, undefined).status, 'ok');
  t.is(judgeUpgrade({ status: 101, accepted: false }, undefined).status, 'wrong');
  t.is(judgeUpgrade({ status: 426, accepted: false }, undefined).change, places.upgrade);
  t.is(judgeUpgrade({ status: 429, accepted: false }, undefined).change, places.limits);
});

test('a greeting must be word for word', (t) => {
  t.is(judgeGreeting('a', '服务端已收到消息:a服务端发来消息: Hello,a', '').status, 'ok');
  t.is(judgeGreeting('a', '我:a', '').change, places.rootHandler);
  t.regex(judgeGreeting('a', undefined, 'closed with 1006').detail, /closed with 1006/);
});

test('every place that a finding names is in the shipped files', (t) => {
  const all = [
    ...Object.values(places).filter((place) => typeof place !== 'function'),
    places.header('Referrer-Policy'),
  ];
  for (const place of all as Place[]) {
    if (place.file === '.env') continue;
    t.regex(describePlace(place), /^deploy\/nginx\/.*\.conf:\d+, /, place.line);
  }
});

test('a place has the number of its line where the file has it', (t) => {
  t.is(lineNumber('a\n  b c\n', 'b'), 2);
  t.is(lineNumber('a\n', 'b'), 0);
  t.is(
    describePlace({ file: 'x.conf', line: 'b' }, () => 'a\nb'),
    'x.conf:2, b',
  );
  t.is(
    describePlace({ file: 'x.conf', line: 'b' }, () => ''),
    'x.conf, b',
  );
});
