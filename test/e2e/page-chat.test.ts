import ava from 'ava';
import type { Page, WebSocketRoute } from 'playwright-core';
import { openTab, ownComplaints } from '../helpers/browser.ts';
import { startProgram } from '../helpers/program.ts';
import { until } from '../helpers/until.ts';
import { enter, enterBoth, hears, members, notes, pending, say, spoken } from './page-chat.ts';

const test = ava.serial;

const phone = { width: 375, height: 667 };

test('two people chat: names and times, one’s own lines on the right as 我', async (t) => {
  const program = await startProgram(t);
  const [one, two] = await enterBoth(t, program);
  if (!one || !two) return;
  await one.page.getByText('李旺 加入了聊天').waitFor();
  t.deepEqual(await members(one.page), ['小王（我）', '李旺']);
  t.deepEqual(await members(two.page), ['李旺（我）', '小王']);

  const markup = '<img src=x onerror="document.title=1"> שלום';
  await say(one.page, '你好');
  await hears(two.page, '你好');
  await say(two.page, markup);
  await hears(one.page, markup);
  await hears(two.page, markup);
  t.deepEqual(await spoken(one.page), ['我:你好', `李旺:${markup}`]);
  t.deepEqual(await spoken(two.page), ['小王:你好', `我:${markup}`]);
  t.is(await one.page.locator('#lines img').count(), 0);
  for (const time of await one.page.locator('#lines time').allTextContents()) t.regex(time, /^\d\d:\d\d$/);
  const [own, other] = await Promise.all(
    ['.line-own', '.line-other'].map((line) => one.page.locator(`${line} .bubble`).boundingBox()),
  );
  t.true((own?.x ?? 0) > (other?.x ?? 0) + 100);

  // Shift and Enter is a new line, and an empty message is none.
  await one.page.press('#m', 'Enter');
  await one.page.keyboard.type('两');
  await one.page.keyboard.press('Shift+Enter');
  await one.page.keyboard.type('行');
  await one.page.getByRole('button', { name: '发送消息' }).click();
  await hears(two.page, '两\n行');
  t.is((await spoken(two.page)).length, 3);

  t.deepEqual(await pending(one.page), []);
  t.deepEqual(one.complaints(), []);
  t.deepEqual(two.complaints(), []);
});

test('who leaves, what is lost, and what the server refuses is said among the lines', async (t) => {
  const program = await startProgram(t);
  let server: WebSocketRoute | undefined;
  const published: { key: string; text: string }[] = [];
  const prepare = (page: Page) =>
    page.routeWebSocket(/\/rooms\//, (socket) => {
      server = socket;
      socket.onMessage((message) => published.push(JSON.parse(String(message))));
      tell({ type: 'welcome', name: '小王', room: 'lobby', position: 'a:5', members: ['小王', '李旺'] });
    });
  const tell = (message: object) => server?.send(JSON.stringify(message));
  const event = (position: string, from: string, text: string) =>
    tell({ type: 'event', position, from, text, at: new Date(2026, 0, 1, 12).toISOString() });
  const one = await enter(t, program, '小王', { prepare });
  if (!one) return;
  const { page } = one;
  event('a:6', '李旺', '再见');
  tell({ type: 'leave', name: '李旺' });
  tell({ type: 'gap', from: 'a:6', to: 'a:9', lost: 3 });
  tell({ type: 'reset', position: 'b:0' });
  event('b:1', '小军', '新的');
  await hears(page, '新的');
  t.deepEqual(await notes(page), [
    '2026年1月1日星期四',
    '李旺 离开了',
    '有 3 条消息已过保存期，无法补上',
    '服务器上的记录已重新开始，以上消息来自旧的记录',
  ]);
  t.deepEqual(await members(page), ['小王（我）']);

  await say(page, '一');
  await until(() => published.length === 1);
  tell({ type: 'error', code: 'bad_message', message: 'no', retryable: false, key: published[0]?.key });
  await page.getByText('未能发送').waitFor();
  await page.getByRole('button', { name: '再次发送' }).click();
  await until(() => published.length === 2);
  // The line comes before it is acknowledged, and again the other way round.
  event('b:2', '小王', '一');
  tell({ type: 'ack', key: published[1]?.key, position: 'b:2', duplicate: false });
  await hears(page, '一');
  await say(page, '二');
  await until(() => published.length === 3);
  tell({ type: 'ack', key: published[2]?.key, position: 'b:3', duplicate: false });
  event('b:3', '小王', '二');
  await hears(page, '二');
  t.deepEqual(await spoken(page), ['李旺:再见', '小军:新的', '我:一', '我:二']);
  t.deepEqual(await pending(page), []);

  await page.getByRole('button', { name: 'English' }).click();
  t.deepEqual((await notes(page)).slice(0, 3), [
    'Thursday, January 1, 2026',
    '李旺 left',
    '3 messages are no longer kept',
  ]);
  t.deepEqual(one.complaints(), []);
});

test('the title counts what nobody has seen, the scroll stays with the reader, and all can be cleared', async (t) => {
  const program = await startProgram(t);
  const [one, two] = await enterBoth(t, program, { viewport: phone });
  if (!one || !two) return;
  const { page } = one;
  const hide = (hidden: boolean) =>
    page.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { configurable: true, value });
      Object.defineProperty(document, 'visibilityState', { configurable: true, value: value ? 'hidden' : 'visible' });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  const view = page.locator('#view');
  const fromEnd = () => view.evaluate((e) => Math.round(e.scrollHeight - e.clientHeight - e.scrollTop));
  const top = () => view.evaluate((e) => e.scrollTop);

  await hide(true);
  for (let index = 1; index <= 8; index++) await say(two.page, `第 ${index} 条\n一\n二`);
  await hears(page, '第 8 条\n一\n二');
  t.is(await page.title(), '(8) 聊天 · text-event-server');
  t.is(await fromEnd(), 0);
  await hide(false);
  t.is(await page.title(), '聊天 · text-event-server');

  await view.hover();
  await page.mouse.wheel(0, -300);
  await page.getByText('回到最新消息').waitFor();
  const before = await top();
  await say(two.page, '新的', '更新的');
  await page.getByRole('button', { name: '2 条新消息' }).waitFor();
  t.is(await top(), before);
  await page.getByRole('button', { name: '2 条新消息' }).click();
  t.is(await fromEnd(), 0);
  t.true(await page.locator('#to-end').isHidden());
  t.is(await page.evaluate('document.documentElement.scrollWidth'), 375);

  await page.getByRole('button', { name: '清空聊天记录' }).click();
  await page.getByText('还没有消息').waitFor();
  await say(two.page, '清空之后');
  await hears(page, '清空之后');
  await page.reload();
  await hears(page, '清空之后');
  t.deepEqual(await spoken(page), ['李旺:清空之后']);
  t.deepEqual(one.complaints(), []);
});

test('in English, in the dark, on a phone, with a keyboard: names are remembered, checked and numbered', async (t) => {
  const program = await startProgram(t);
  const tab = await openTab(t, { locale: 'en-GB', colorScheme: 'dark', viewport: phone });
  if (!tab) return;
  const { page, complaints } = tab;
  await page.goto(`${program.url}chat.html?room=tea`);
  await page.getByText('Room tea').waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('A name has 1 to 32 characters').waitFor();
  await page.keyboard.type('a\u202eb');
  await page.keyboard.press('Enter');
  await page.getByText('A name has 1 to 32 characters').waitFor();
  await page.fill('#name', 'Ada Lovelace');
  t.is(await page.textContent('#portrait'), 'AL');
  await page.keyboard.press('Enter');
  await page.getByText('Connected!').waitFor();
  await page.keyboard.type(`${'W'.repeat(400)}`);
  await page.keyboard.press('Enter');
  await page.getByRole('log').getByText('WWW').waitFor();
  t.false(await page.locator('#view').evaluate((view) => view.scrollWidth > view.clientWidth));
  t.is(await page.getByRole('textbox', { name: 'Message' }).inputValue(), '');
  t.is(await page.evaluate('document.documentElement.scrollWidth'), 375);
  t.is(await page.evaluate('getComputedStyle(document.body).backgroundColor'), 'rgb(22, 25, 28)');
  t.deepEqual(
    await page
      .getByText(/\p{Script=Han}/u)
      .filter({ visible: true })
      .allTextContents(),
    ['中文'],
  );
  await page.getByRole('button', { name: '1 here' }).click();
  await page.getByText('Ada Lovelace (you)').waitFor();

  // A second tab knows the name, and the name is taken.
  const second = await page.context().newPage();
  await second.goto(`${program.url}chat.html?room=tea`);
  t.is(await second.inputValue('#name'), 'Ada Lovelace');
  await second.getByRole('button', { name: 'Join the chat' }).click();
  await second.getByText('“Ada Lovelace” is taken, you are Ada Lovelace2').waitFor();
  await page.getByText('Ada Lovelace2 joined').waitFor();
  await second.getByRole('button', { name: '2 here' }).click();
  await second.getByRole('button', { name: 'Change name' }).click();
  await second.fill('#name', 'Grace');
  await second.keyboard.press('Enter');
  await page.getByText('Grace joined').waitFor();

  await second.goto(`${program.url}chat.html?room=.hidden`);
  await second.getByText('There is no room “.hidden”').waitFor();
  t.deepEqual(ownComplaints(complaints), []);
});
