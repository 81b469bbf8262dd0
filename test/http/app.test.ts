import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import test from 'ava';
import { startProgram } from '../helpers/program.ts';

interface Answer {
  status: number | undefined;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

/** Not by `fetch`, which would unpack what is compressed and tidy the path. */
async function get(url: string, headers: Record<string, string> = {}, path?: string): Promise<Answer> {
  const request = http.get(url, { headers, ...(path ? { path } : {}) });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
}

test('serves the page under a strict policy, asked for anew each time', async (t) => {
  const { url } = await startProgram(t);
  const page = await get(url);
  t.is(page.status, 200);
  t.regex(page.headers['content-type'] ?? '', /^text\/html; charset=utf-8$/i);
  t.is(page.headers['cache-control'], 'no-cache');
  const policy = page.headers['content-security-policy'];
  t.regex(String(policy), /default-src 'none';script-src 'self';style-src 'self';/);
  t.notRegex(String(policy), /unsafe|upgrade-insecure-requests/);
  t.is(page.headers['x-content-type-options'], 'nosniff');
  t.is(page.headers['strict-transport-security'], undefined);
  t.notRegex(page.body.toString(), /<script(?![^>]* src=)|<style|style=|\son[a-z]+=/, 'nothing inline');

  const again = await get(url, { 'if-none-match': page.headers.etag ?? '' });
  t.is(again.status, 304);
});

test('serves the assets compressed and for good', async (t) => {
  const { url } = await startProgram(t);
  const html = (await get(url)).body.toString();
  const assets = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.(?:js|css))"/g)].map(([, path]) => path);
  t.true(assets.length >= 2, html);
  for (const path of assets) {
    const plain = await get(`${url}${path}`);
    t.is(plain.headers['cache-control'], 'public, max-age=31536000, immutable');
    for (const encoding of ['br', 'gzip']) {
      const packed = await get(`${url}${path}`, { 'accept-encoding': encoding });
      t.is(packed.headers['content-encoding'], encoding);
      t.true(packed.body.length < plain.body.length * 0.75, `${path} ${encoding}: ${packed.body.length}`);
    }
  }
});

test('answers 404 for what is not there, and for ways out of the folder', async (t) => {
  const { url } = await startProgram(t);
  for (const path of [
    '/nothing',
    '/assets/',
    '/../package.json',
    '/..%2f..%2fpackage.json',
    '/assets/..%5c..%5cmain.js',
  ]) {
    const { status, body } = await get(url, {}, path);
    t.true(status === 404 || status === 403 || status === 400, `${path}: ${status}`);
    t.notRegex(body.toString(), /"dependencies"|import\(/);
  }
});

test('refuses to serve the page to another method', async (t) => {
  const { url } = await startProgram(t);
  t.is((await fetch(url, { method: 'HEAD' })).status, 200);
  t.is((await fetch(url, { method: 'POST', body: 'x' })).status, 404);
});
