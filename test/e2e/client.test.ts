import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { openTab } from '../helpers/browser.ts';
import { root } from '../helpers/program.ts';
import { type RoomServer, startRoomServer } from '../helpers/room-server.ts';
import { until } from '../helpers/server.ts';

const PAGE = '<!doctype html><title>page</title><link rel="icon" href="data:,"><script type="module">SCRIPT</script>';
const library = () => readFileSync(join(root, 'dist/client/index.js'), 'utf8');

/** A page that joins the room each time it is loaded; without what only pages have that came over TLS. */
async function openPage(t: ExecutionContext, server: RoomServer) {
  const tab = await openTab(t);
  if (!tab) return undefined;
  const { page, complaints } = tab;
  const script = `
    import { join } from './client.js';
    window.seen = [];
    window.restored = new Promise((resolve) => {
      window.room = join('${server.url}', 'lobby', { resume: true, backoff: { shortest: 20, longest: 50 } });
      room.on('outbox', (lines) => resolve(lines.map(({ text }) => text)));
    });
    room.on('event', ({ text }) => seen.push(text));
    room.on('error', ({ message }) => console.error(message));`;
  await page.addInitScript('delete Crypto.prototype.randomUUID; delete Navigator.prototype.locks;');
  // Not by a route of the test's: a page from nowhere may not connect to this machine.
  const pages = createServer(({ url }, response) => {
    const isScript = url === '/client.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? library() : PAGE.replace('SCRIPT', script));
  }).listen(0, '127.0.0.1');
  t.teardown(() => pages.close());
  await once(pages, 'listening');
  await page.goto(`http://127.0.0.1:${(pages.address() as AddressInfo).port}/`);
  return { page, complaints };
}

const state = (page: Page) => page.evaluate('room.state.name');
const isOpen = (page: Page) => page.waitForFunction('room.state.name === "open"');

test('the library as it is built: lines outlive a reload of the page, and go out once, in order', async (t) => {
  const server = await startRoomServer(t);
  const tab = await openPage(t, server);
  if (!tab) return;
  const { page, complaints } = tab;
  await isOpen(page);
  t.is(await page.evaluate('room.publish("1")'), 'a:1');
  t.deepEqual(complaints, []);

  await server.stop();
  await page.waitForFunction('room.state.name === "waiting"');
  // Not waited for: there is nobody to acknowledge.
  await page.evaluate('void ["2", "3"].map((text) => room.publish(text))');
  await page.reload();
  t.deepEqual(await page.evaluate('restored'), ['2', '3']);
  t.not(await state(page), 'open');
  server.append('while away');
  await server.start();
  await page.waitForFunction('seen.length === 3');
  t.deepEqual(await page.evaluate('seen'), ['while away', '2', '3']);
  await page.waitForFunction('room.unacknowledged.length === 0');

  const secret = server.joins[0]?.get('client');
  t.truthy(secret);
  t.is(server.joins.at(-1)?.get('client'), secret);
  await page.reload();
  t.deepEqual(await page.evaluate('restored'), []);
  await isOpen(page);
  t.deepEqual(server.texts, ['1', 'while away', '2', '3']);
  t.is(server.joins.at(-1)?.get('after'), 'a:4');
});

test('what is written while the browser has no network goes out when it is back', async (t) => {
  const server = await startRoomServer(t);
  const tab = await openPage(t, server);
  if (!tab) return;
  const { page } = tab;
  await isOpen(page);
  const before = server.joins.length;
  await page.context().setOffline(true);
  await server.stop();
  await page.waitForFunction('room.state.name === "waiting"');
  await server.start();
  await page.evaluate('void room.publish("written offline")');
  t.is(server.joins.length, before);
  await page.context().setOffline(false);
  await until(() => server.texts.length === 1);
  t.deepEqual(server.texts, ['written offline']);
});
