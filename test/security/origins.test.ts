import http from 'node:http';
import test from 'ava';
import { connect } from '../helpers/client.ts';
import { startGuardedSite } from '../helpers/guarded-site.ts';
import { startProgram } from '../helpers/program.ts';
import { head, RawClient, startServer } from '../helpers/server.ts';

/** The status of a publication by a page. */
function post(url: string, origin: string, more: Record<string, string> = {}): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { Origin: origin, ...more };
    const request = http.request(`${url}/rooms/lobby/events`, { method: 'POST', headers, agent: false }, (response) => {
      resolve(response.resume().statusCode);
    });
    request.on('error', reject).end('hello');
  });
}

for (const [origin, host, status] of [
  ['https://chat.example', 'chat.example', 101],
  ['https://chat.example', 'chat.example:443', 101],
  ['http://chat.example', 'chat.example:80', 101],
  ['https://CHAT.example', 'chat.EXAMPLE', 101],
  ['https://chat.example:8443', 'chat.example:8443', 101],
  ['http://[::1]:8088', '[::1]:8088', 101],
  ['https://evil.example', 'chat.example', 403],
  ['https://chat.example.evil.example', 'chat.example', 403],
  ['https://evil.chat.example', 'chat.example', 403],
  ['https://chat.example:8443', 'chat.example', 403],
  ['https://chat.example', 'chat.example:8443', 403],
  ['https://chat.example', 'chat.example.evil.example', 403],
  ['https://chat.example@evil.example', 'chat.example', 403],
  ['https://evil.example/chat.example', 'chat.example', 403],
  ['null', 'chat.example', 403],
  ['null', 'null', 403],
  ['file://', '', 403],
  ['chat.example', 'chat.example', 403],
] as const) {
  test(`same origin: a page of ${origin} at the host ${host} is answered ${status}`, async (t) => {
    const { port } = await startServer(t, { allowedOrigins: ['same-origin'] });
    const client = new RawClient(t, port);
    client.write(head({ Origin: origin, Host: host || 'chat.example', 'X-Forwarded-Host': 'evil.example' }));
    t.regex((await client.until('\r\n\r\n')).toString(), new RegExp(`^HTTP/1.1 ${status} `));
  });
}

test('same origin holds for HTTP as for WebSockets, and other sites are not told that they may read', async (t) => {
  const { url } = await startGuardedSite(t, { allowedOrigins: ['same-origin'] });
  t.is(await post(url, url), 201);
  t.is(await post(url, 'https://evil.example'), 403);
  t.is(await post(url, 'https://evil.example', { 'X-Forwarded-Host': 'evil.example' }), 403);
  const asked = { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' };
  const preflight = await fetch(`${url}/rooms/lobby/events`, { method: 'OPTIONS', headers: asked });
  t.is(preflight.headers.get('access-control-allow-origin'), null);
});

test('in production pages of the same host may connect, and others where ALLOWED_ORIGINS says so', async (t) => {
  const evil = { origin: 'https://evil.example' };
  const closed = await startProgram(t, { NODE_ENV: 'production' });
  const own = closed.url.slice(0, -1);
  await connect(t, `${closed.ws}echo`, { origin: own });
  await connect(t, `${closed.ws}echo`);
  await t.throwsAsync(connect(t, `${closed.ws}echo`, evil), { message: /403/ });
  t.is(await post(own, own), 201);
  t.is(await post(own, evil.origin), 403);

  const open = await startProgram(t, { NODE_ENV: 'production', ALLOWED_ORIGINS: '*' });
  await connect(t, `${open.ws}echo`, evil);
  t.is(await post(open.url.slice(0, -1), evil.origin), 201);

  const both = await startProgram(t, { NODE_ENV: 'production', ALLOWED_ORIGINS: 'same-origin,https://friend.example' });
  await connect(t, `${both.ws}echo`, { origin: both.url.slice(0, -1) });
  await connect(t, `${both.ws}echo`, { origin: 'https://friend.example' });
  await t.throwsAsync(connect(t, `${both.ws}echo`, evil), { message: /403/ });

  const development = await startProgram(t);
  await connect(t, `${development.ws}echo`, evil);
});
