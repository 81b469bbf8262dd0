import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Page } from 'playwright-core';
import { openTab, ownComplaints } from '../helpers/browser.ts';
import { connect } from '../helpers/client.ts';
import { type Program, startProgram } from '../helpers/program.ts';
import { speak } from '../helpers/rooms.ts';

const MARKUP = '<img src=x onerror=alert(1)>';

const number = async (page: Page, id: string) => Number(await page.textContent(`#${id}`));

const wide = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

test('shows rates, rooms, the process and its connections, closes one, on a phone too', async (t) => {
  const tab = await openTab(t, { viewport: { width: 375, height: 800 } });
  if (!tab) return;
  const { page, complaints } = tab;
  const program = await startProgram(t);
  const echo = await connect(t, `${program.ws}echo?token=made-up`);
  const reader = await speak(t, `${program.ws}rooms/lobby?name=a`);
  const speaking = setInterval(() => reader.say({ type: 'publish', text: 'hello' }), 50);
  t.teardown(() => clearInterval(speaking));

  await page.goto(`${program.url}status.html`);
  await page.locator('#state').getByText('实时', { exact: true }).waitFor();
  await page.locator('#shown').getByText(`进程 ${program.child.pid}`).waitFor();
  await page.waitForFunction(() => Number(document.querySelector('#messagesIn')?.textContent) > 0);
  await page.waitForFunction(() => Number(document.querySelector('#slow')?.textContent) > 0);
  t.is(await number(page, 'connections-now'), 2);
  t.is(await page.textContent('.room-name'), 'lobby');
  t.is(await page.locator('#processes tr').count(), 1);
  t.is(await page.textContent('#processes .cell-host .value'), hostname());
  t.deepEqual((await page.locator('#connections .cell-path .value').allTextContents()).sort(), [
    '/echo',
    '/rooms/:room',
  ]);
  t.notRegex(await page.content(), /made-up/);
  t.false(await wide(page), 'nothing is wider than a phone');

  await page.click('#language');
  await page.locator('#state').getByText('Live', { exact: true }).waitFor();
  const row = page.locator('#connections tr').filter({ hasText: '/echo' });
  const button = row.getByRole('button');
  await button.click();
  t.is(await button.textContent(), 'Sure?', 'one click closes nothing');
  t.is(echo.socket.readyState, 1);
  await button.click();
  t.is((await echo.closed).code, 1008);
  await row.waitFor({ state: 'detached' });
  t.is(await page.locator('#connections tr').count(), 1);
  t.deepEqual(ownComplaints(complaints), []);
});

test('says who is answered, goes on when it is, and shows what it is told as text', async (t) => {
  const tab = await openTab(t, { locale: 'en-GB', extraHTTPHeaders: { 'X-Forwarded-For': '192.0.2.1' } });
  if (!tab) return;
  const { page } = tab;
  const program = await startProgram(t);
  await page.goto(`${program.url}status.html`);
  await page.locator('#notice').getByText('SSH tunnel').waitFor();
  t.is(await page.locator('#connections tr').count(), 0);

  const there = await (await fetch(`${program.url}status`)).json();
  const rooms = [{ store: 'rooms', room: MARKUP, readers: 1 }];
  const processes = [{ ...there.processes[0], host: MARKUP, version: MARKUP, instance: MARKUP }];
  const changed = { ...there, host: MARKUP, version: MARKUP, rooms, processes, othersUnknown: MARKUP };
  const row = { id: MARKUP, path: MARKUP, address: MARKUP, since: 0, bytesIn: 0, bytesOut: 0, buffered: 0 };
  await page.route('**/status', (route) => route.fulfill({ json: changed }));
  await page.route('**/status/connections', (route) =>
    route.fulfill({ json: { host: MARKUP, pid: there.pid, total: 1, connections: [row] } }),
  );
  await page.locator('#notice').waitFor({ state: 'hidden' });
  t.is(await page.textContent('.room-name'), MARKUP);
  t.deepEqual((await page.locator('#connections .value').allTextContents()).slice(0, 3), [MARKUP, MARKUP, MARKUP]);
  t.deepEqual((await page.locator('#processes .value').allTextContents()).slice(0, 3), [
    MARKUP,
    `${there.pid} #${MARKUP}`,
    MARKUP,
  ]);
  t.is(await page.textContent('#others-unknown'), `Only the process that answers is known: ${MARKUP}`);
  t.is(await page.locator('main img').count(), 0);
});

const LANGUAGES = [
  {
    locale: 'zh-CN',
    viewport: { width: 375, height: 800 },
    sum: /^1 台机器上共 2 个进程：3 个连接，每秒收 [\d.]+ 条、发 [\d.]+ 条$/,
    answering: '回答此页',
    silent: /没有动静/,
    alone: /^1 台机器上共 1 个进程：1 个连接/,
  },
  {
    locale: 'en-GB',
    viewport: { width: 1280, height: 800 },
    sum: /^2 on 1 machine: 3 connections, [\d.]+ messages\/s in, [\d.]+ out$/,
    answering: 'answers',
    silent: /silent for \d+s/,
    alone: /^1 on 1 machine: 1 connection,/,
  },
];

for (const { locale, viewport, sum, answering, silent, alone } of LANGUAGES) {
  test(`lists all processes, which one answers, what they do together, and not those that are gone: ${locale}`, async (t) => {
    const tab = await openTab(t, { locale, viewport });
    if (!tab) return;
    const { page, complaints } = tab;
    const DATA_DIR = mkdtempSync(join(tmpdir(), 'text-event-server-'));
    t.teardown(() => rmSync(DATA_DIR, { recursive: true, force: true }));
    const [a, b] = await Promise.all([startProgram(t, { DATA_DIR }), startProgram(t, { DATA_DIR })]);
    await connect(t, `${a.ws}echo`);
    const others = [await connect(t, `${b.ws}echo`), await connect(t, `${b.ws}echo`)];
    const speaking = setInterval(() => others[0]?.send('hello'), 50);
    t.teardown(() => clearInterval(speaking));

    await page.goto(`${a.url}status.html`);
    const row = ({ child }: Program) =>
      page
        .locator('#processes tr')
        .filter({ has: page.locator('.cell-process').getByText(`${child.pid}`, { exact: true }) });
    await page.locator('#processes-sum').filter({ hasText: sum }).waitFor();
    t.is(await page.locator('#processes tr').count(), 2);
    t.is(await row(a).locator('.cell-state .value').textContent(), answering);
    t.is(await row(b).locator('.cell-state .value').textContent(), '–');
    await row(b).locator('.cell-inRate .value').filter({ hasText: /[1-9]/ }).waitFor();
    t.is(await row(b).locator('.cell-connections .value').textContent(), '2');
    t.is(await row(a).getByRole('button').count(), 1);
    t.is(await row(b).getByRole('button').count(), 0, 'it has not answered this browser');
    t.false(await page.locator('#others-unknown').isVisible());
    t.false(await wide(page), 'nothing is wider than the window');

    b.child.kill('SIGSTOP');
    await row(b).locator('.cell-state').filter({ hasText: silent }).waitFor();
    await b.stop('SIGKILL');
    await row(b).waitFor({ state: 'detached' });
    await page.locator('#processes-sum').filter({ hasText: alone }).waitFor();
    t.deepEqual(ownComplaints(complaints), []);
  });
}
