import ava from 'ava';
import { openTab, openTabIn, ownComplaints } from '../helpers/browser.ts';
import { BUILT, install } from '../helpers/pm2.ts';
import { hears, isConnected, pending, say, spoken } from './page-chat.ts';

const test = ava.serial;

test('through a reload by PM2 every page comes back by itself, and a chat goes on without a line lost', async (t) => {
  const tab = await openTab(t);
  if (!tab) return;
  const site = await install(t, BUILT);
  await site.pm2('start');
  const lab = await openTabIn(tab.browser);
  const greeter = await openTabIn(tab.browser);
  await tab.page.goto(`${site.url}chat.html`);
  await tab.page.fill('#name', '小王');
  await tab.page.press('#name', 'Enter');
  await isConnected(tab.page);
  await lab.page.goto(`${site.url}lab.html`);
  await lab.page.check('#reconnect');
  await lab.page.click('#connect');
  await greeter.page.goto(site.url);
  await isConnected(greeter.page);

  const reload = site.pm2('reload', 'text-event-server');
  let reloading = true;
  const reloaded = reload.finally(() => {
    reloading = false;
  });
  const said: string[] = [];
  while (reloading) {
    said.push(`我:${said.length}`);
    await say(tab.page, String(said.length - 1));
    await tab.page.waitForTimeout(50);
  }
  t.is((await reloaded).code, 0);
  await hears(tab.page, String(said.length - 1));
  t.deepEqual(await spoken(tab.page), said);
  t.deepEqual(await pending(tab.page), []);
  await isConnected(greeter.page);
  await lab.page.locator('.frame-note').nth(2).waitFor();
  const [opened, lost, again] = await lab.page.locator('.frame-note .frame-text').allTextContents();
  t.is(opened, '已连接');
  t.regex(lost ?? '', /^已关闭：1012 /);
  t.is(again, '已连接');
  t.deepEqual(ownComplaints([...tab.complaints, ...lab.complaints, ...greeter.complaints]), []);
});
