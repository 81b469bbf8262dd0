import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { base64url, exportJWK, exportSPKI, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { startGuardedSite } from '../helpers/guarded-site.ts';
import { secret, tokenWith } from '../helpers/tokens.ts';

const rooms = { lobby: ['read'] };

/** The status and code of a request with a token. */
async function ask(url: string, token: string): Promise<[status: number, code: string | undefined]> {
  const response = await fetch(`${url}/rooms/lobby/events`, { headers: { Authorization: `Bearer ${token}` } });
  return [response.status, ((await response.json()) as { code?: string }).code];
}

/** A server of public keys. */
async function startKeys(t: ExecutionContext) {
  const keys = { all: [] as JWK[], status: 200, fetched: 0, url: '' };
  const server = http.createServer((_request, response) => {
    keys.fetched++;
    response.writeHead(keys.status, { 'Content-Type': 'application/json' }).end(JSON.stringify({ keys: keys.all }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  keys.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  return keys;
}

async function pairOf(alg: string, kid: string) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  const sign = (claims: JWTPayload = {}) =>
    new SignJWT({ sub: 'Ann', exp: Math.floor(Date.now() / 1000) + 60, rooms, ...claims })
      .setProtectedHeader({ alg, kid })
      .sign(privateKey);
  return { publicKey, jwk, sign };
}

/** A token put together by hand. */
function forge(header: object, sign: (input: string) => Buffer): string {
  const claims = { sub: 'Ann', exp: Math.floor(Date.now() / 1000) + 60, rooms };
  const input = [header, claims].map((part) => base64url.encode(JSON.stringify(part))).join('.');
  return `${input}.${sign(input).toString('base64url')}`;
}

test('a token that is forged, expired or says nothing sensible is 401', async (t) => {
  const { url } = await startGuardedSite(t);
  const now = Math.floor(Date.now() / 1000);
  const other = new TextEncoder().encode('another secret of thirty-two bytes or more');
  t.deepEqual(await ask(url, await tokenWith({ rooms })), [200, undefined]);
  t.deepEqual(await ask(url, await tokenWith({ rooms, exp: now - 1 })), [401, 'token_expired']);
  for (const [what, token] of [
    ['no token', 'x'],
    ['three dots', '..'],
    ['another secret', await tokenWith({ rooms }, other)],
    ['another strength', await tokenWith({ rooms }, new Uint8Array(64), 'HS512')],
    ['no algorithm', forge({ alg: 'none' }, () => Buffer.alloc(0))],
    ['an algorithm in capitals', forge({ alg: 'NONE' }, () => Buffer.alloc(0))],
    ['an algorithm that is an object', forge({ alg: { toString: 'HS256' } }, () => Buffer.alloc(0))],
    ['an algorithm of the prototype', forge({ alg: 'constructor' }, () => Buffer.alloc(0))],
    ['a key of its own', forge({ alg: 'HS256', jwk: { kty: 'oct', k: 'AAAA' } }, (input) => hmac('\0\0\0', input))],
    ['what is critical', forge({ alg: 'HS256', crit: ['x'], x: 1 }, (input) => hmac(secret, input))],
    ['not yet', await tokenWith({ rooms, nbf: now + 100 })],
    ['no end', await tokenWith({ rooms, exp: undefined as never })],
    ['an end that is no number', await tokenWith({ rooms, exp: 'never' as never })],
    ['no name', await tokenWith({ rooms, sub: undefined as never })],
    ['a name with a line break', await tokenWith({ rooms, sub: 'a\nb' })],
    ['a name that is a number', await tokenWith({ rooms, sub: 7 as never })],
    ['rooms that are a list', await tokenWith({ rooms: ['lobby'] })],
    ['a right that there is not', await tokenWith({ rooms: { lobby: ['write'] } })],
    ['a pattern with a slash', await tokenWith({ rooms: { 'a/b': ['read'] } })],
    ['101 patterns', await tokenWith({ rooms: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [i, []])) })],
    ['8 KiB', await tokenWith({ rooms, more: 'x'.repeat(8192) })],
  ] as const) {
    t.deepEqual(await ask(url, token), [401, 'unauthorized'], what);
  }
  t.deepEqual(await ask(`${url}`, await tokenWith({ rooms, exp: 1e300 })), [200, undefined]);
});

function hmac(key: Uint8Array | string, input: string): Buffer {
  return createHmac('sha256', key).update(input).digest();
}

test('two tokens in one request are refused, whichever is good', async (t) => {
  const { url } = await startGuardedSite(t);
  const token = await tokenWith({ rooms });
  const headers = { Authorization: `Bearer ${token}` };
  t.is((await fetch(`${url}/rooms/lobby/events?token=${token}`, { headers })).status, 401);
  t.is((await fetch(`${url}/rooms/lobby/events?token=${token}&token=x`)).status, 401);
});

test('issuer and audience are held against the settings', async (t) => {
  const { url } = await startGuardedSite(t, { secret, issuer: 'https://id.example', audience: 'rooms' });
  t.is((await ask(url, await tokenWith({ rooms, iss: 'https://id.example', aud: ['a', 'rooms'] })))[0], 200);
  t.is((await ask(url, await tokenWith({ rooms, iss: 'https://id.example', aud: 'other' })))[0], 401);
  t.is((await ask(url, await tokenWith({ rooms, aud: 'rooms' })))[0], 401);
});

for (const alg of ['RS256', 'ES256', 'EdDSA']) {
  test(`takes ${alg} with the public key of a JWKS, fetched once`, async (t) => {
    const keys = await startKeys(t);
    const { jwk, sign } = await pairOf(alg, 'k1');
    keys.all = [jwk];
    const { url } = await startGuardedSite(t, { jwksUrl: keys.url });
    for (let i = 0; i < 3; i++) t.is((await ask(url, await sign()))[0], 200);
    t.is((await ask(url, await (await pairOf(alg, 'k1')).sign()))[0], 401);
    t.is((await ask(url, await (await pairOf(alg, 'k2')).sign()))[0], 401);
    t.is(keys.fetched, 1);
  });
}

test('a public key is no secret, however a token asks for that', async (t) => {
  const keys = await startKeys(t);
  const { jwk, publicKey } = await pairOf('RS256', 'k1');
  keys.all = [jwk, { kty: 'oct', k: base64url.encode(secret), kid: 'k2' }];
  const pem = await exportSPKI(publicKey);
  for (const site of [
    await startGuardedSite(t, { jwksUrl: keys.url }),
    await startGuardedSite(t, { jwksUrl: keys.url, secret: new TextEncoder().encode('x'.repeat(32)) }),
  ]) {
    for (const [kid, key] of [
      ['k1', pem],
      ['k1', pem.trim()],
      ['k1', JSON.stringify(jwk)],
      ['k2', secret],
    ] as const) {
      const forged = forge({ alg: 'HS256', kid }, (input) => hmac(key, input));
      t.deepEqual(await ask(site.url, forged), [401, 'unauthorized']);
    }
  }
});

test('a secret and public keys work beside each other', async (t) => {
  const keys = await startKeys(t);
  const { jwk, sign } = await pairOf('ES256', 'k1');
  keys.all = [jwk];
  const { url } = await startGuardedSite(t, { jwksUrl: keys.url, secret });
  t.is((await ask(url, await sign()))[0], 200);
  t.is((await ask(url, await tokenWith({ rooms })))[0], 200);
});

test('public keys that cannot be fetched are 503, the server goes on, and is not made to ask again and again', async (t) => {
  const keys = await startKeys(t);
  keys.status = 500;
  const { jwk, sign } = await pairOf('ES256', 'k1');
  const { url, failures } = await startGuardedSite(t, { jwksUrl: keys.url });
  const token = await sign();
  for (let i = 0; i < 5; i++) t.deepEqual(await ask(url, token), [503, 'unavailable']);
  t.true(keys.fetched <= 2);
  t.is(failures.length, keys.fetched);
  keys.status = 200;
  keys.all = [jwk];
  let status = 0;
  while (status !== 200) [status] = await ask(url, token);
  t.pass();
});
