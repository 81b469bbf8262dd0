import ava, { type ExecutionContext } from 'ava';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { openTab, ownComplaints } from '../helpers/browser.ts';
import { startProgram } from '../helpers/program.ts';

const test = ava.serial;

async function openLab(t: ExecutionContext, options: BrowserContextOptions = {}) {
  const tab = await openTab(t, options);
  if (!tab) return undefined;
  const { page, complaints } = tab;
  const program = await startProgram(t, { MESSAGES_PER_SECOND: 'off', LOG_LEVEL: 'info', NODE_ENV: 'production' });
  await page.goto(`${program.url}lab.html`);
  return { page, program, complaints: () => ownComplaints(complaints) };
}

async function connect(page: Page): Promise<void> {
  await page.click('#connect');
  await isIn(page, '1 OPEN');
}

/** Waits for a ready state, by its number and name. */
const isIn = (page: Page, state: string) =>
  page.locator('.states [aria-current]').getByText(state, { exact: true }).waitFor();

const isWith = (page: Page, row: string | RegExp) => page.locator('.frame').filter({ hasText: row }).first().waitFor();

/** Texts of one direction, from top to bottom. */
const texts = (page: Page, kind: 'sent' | 'received' | 'note') =>
  page.locator(`.frame-${kind} .frame-text`).allTextContents();

/** How many pixels in the upper half of the plot have the colour of a line: none as long as it is flat. */
const pixels = (page: Page, property: string) =>
  page.evaluate((name) => {
    const color = getComputedStyle(document.documentElement).getPropertyValue(name);
    const wanted = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
    const canvas = document.querySelector('canvas');
    const over = document.querySelector('.u-over')?.getBoundingClientRect();
    if (!canvas || !over) return 0;
    const left = over.left - canvas.getBoundingClientRect().left;
    const top = over.top - canvas.getBoundingClientRect().top;
    const area = [left, top, over.width, over.height / 2].map((length) => Math.round(length * devicePixelRatio));
    const [x = 0, y = 0, width = 0, height = 0] = area;
    const { data } = canvas.getContext('2d')?.getImageData(x, y, width, height) ?? { data: [] };
    let count = 0;
    for (let at = 0; at < data.length; at += 4) if (wanted.every((value, index) => data[at + index] === value)) count++;
    return count;
  }, property);

test('each text is shown both ways with its time and size, and the four ready states as they come', async (t) => {
  const lab = await openLab(t);
  if (!lab) return;
  const { page, program, complaints } = lab;
  t.is(await page.inputValue('#address'), `${program.ws}echo`);
  await isIn(page, '3 CLOSED');
  await page.evaluate(() => {
    const seen: unknown[] = [];
    Object.assign(window, { seen });
    new MutationObserver(() => seen.push(document.querySelector('.states [aria-current] b')?.textContent)).observe(
      document.querySelector('.states') as Element,
      { subtree: true, attributeFilter: ['aria-current'] },
    );
  });
  await connect(page);

  const markup = '<b>你好</b>';
  await page.fill('#text', markup);
  await page.press('#text', 'Enter');
  await isWith(page, /^\d\d:\d\d:\d\d\.\d{3}收到<b>你好<\/b>13 字节$/);
  await isWith(page, /^\d\d:\d\d:\d\d\.\d{3}发送<b>你好<\/b>13 字节$/);
  t.is(await page.inputValue('#text'), '');

  await page.fill('#code', '2000');
  await page.click('#close');
  await page.getByText('关闭码可以是 1000，或 3000 到 4999；填的是 2000').waitFor();
  await page.fill('#code', '3001');
  await page.fill('#reason', 'x'.repeat(124));
  await page.click('#close');
  await page.getByText('原因最多 123 字节；填的是 124 字节').waitFor();
  await page.fill('#reason', '再见');
  await page.click('#close');
  await isIn(page, '3 CLOSED');
  await page.locator('#state-words').getByText('已关闭：3001').waitFor();
  t.deepEqual(await page.evaluate('seen'), ['0', '1', '2', '3']);
  await program.printedLine(/"code":3001,"reason":"再见"/);
  t.true(await page.isDisabled('#send'));
  t.deepEqual(complaints(), []);
});

test('a text is repeated as often as wanted, in order, and the list of frames stays bounded', async (t) => {
  const lab = await openLab(t);
  if (!lab) return;
  const { page, complaints } = lab;
  await connect(page);
  await page.fill('#text', '第 {n} 条');
  await page.fill('#times', '30');
  await page.fill('#every', '2');
  await page.click('#repeat');
  await isWith(page, '收到第 30 条');
  const expected = Array.from({ length: 30 }, (_, index) => `第 ${index + 1} 条`);
  t.deepEqual(await texts(page, 'sent'), expected);
  t.deepEqual(await texts(page, 'received'), expected);
  t.is(await page.textContent('#repeat'), '重复发送');

  await page.fill('#times', '700');
  await page.fill('#every', '0');
  await page.click('#repeat');
  await isWith(page, '收到第 700 条');
  t.is(await page.locator('.frame').count(), 500);
  t.is(await page.textContent('#received-total'), '730');

  await page.fill('#every', '60000');
  await page.click('#repeat');
  await page.getByRole('button', { name: '停止' }).click();
  await page.getByRole('button', { name: '重复发送' }).waitFor();
  await page.getByRole('button', { name: '清空' }).click();
  t.is(await page.locator('.frame').count(), 0);
  t.deepEqual(complaints(), []);
});

test('round trips are measured, and the plot shows them and the messages per second', async (t) => {
  const lab = await openLab(t);
  if (!lab) return;
  const { page, complaints } = lab;
  await connect(page);
  const lines = ['--plot-sent', '--plot-received', '--plot-round-trip'];
  for (const line of lines) t.is(await pixels(page, line), 0, line);
  await page.click('#measure');
  await page.getByText(/^最短 \d+\.\d，中位 \d+\.\d，最长 \d+\.\d 毫秒$/).waitFor();
  t.is(await page.textContent('#sent-total'), '20');
  await page.fill('#times', '15');
  await page.fill('#every', '200');
  await page.click('#repeat');
  await page
    .locator('#round-trip')
    .getByText(/\d\.\d/)
    .waitFor();
  await isWith(page, /收到15/);
  for (const line of lines) t.true((await pixels(page, line)) > 10, line);
  t.deepEqual(complaints(), []);
});

test('with the option a lost connection comes back by itself, without it it stays closed', async (t) => {
  const lab = await openLab(t);
  if (!lab) return;
  const { page, program, complaints } = lab;
  await page.getByLabel('断开后自动重新连接').check();
  await connect(page);
  await program.stop();
  await page
    .locator('#state-words')
    .getByText(/^已关闭：1012.*，\d+ 秒后重新连接$/)
    .waitFor();
  const again = await startProgram(t, { PORT: String(program.port) });
  await isIn(page, '1 OPEN');
  await page.getByLabel('断开后自动重新连接').uncheck();
  await again.stop('SIGKILL');
  await page
    .locator('#state-words')
    .getByText(/^已关闭：1006/)
    .waitFor();
  await page
    .locator('#state-words')
    .getByText(/没有收到关闭帧/)
    .waitFor();
  t.true(await page.isEnabled('#connect'));
  t.deepEqual(complaints(), []);
});

test('paths of the server, another address and a subprotocol can be chosen', async (t) => {
  const lab = await openLab(t, { locale: 'en-GB' });
  if (!lab) return;
  const { page, program } = lab;
  t.deepEqual(await page.locator('#path option').allTextContents(), [
    '/',
    '/echo',
    '/clock',
    '/broadcast',
    '/ws',
    '/chat',
    '/rooms/lobby',
    'Other',
  ]);
  await page.selectOption('#path', '/');
  t.is(await page.inputValue('#address'), program.ws);
  await connect(page);
  await page.fill('#text', 'Ada');
  await page.click('#send');
  await isWith(page, '服务端已收到消息:Ada服务端发来消息: Hello,Ada');
  await page.click('#close');
  await isIn(page, '3 CLOSED');

  await page.selectOption('#path', '/rooms/lobby');
  await page.fill('#subprotocol', 'text-event.v1.json');
  await connect(page);
  await page.getByText('Connected, subprotocol text-event.v1.json').first().waitFor();
  await isWith(page, '{"type":"welcome"');
  await page.click('#close');
  await isIn(page, '3 CLOSED');

  await page.fill('#address', 'gopher://nowhere');
  t.is(await page.inputValue('#path'), '');
  await page.click('#connect');
  await page.getByText(/^Cannot connect: .*scheme/).waitFor();

  const offered = page.waitForEvent('websocket');
  await page.fill('#address', `${program.ws}echo`);
  await page.fill('#subprotocol', 'not a token');
  await page.click('#connect');
  await page.getByText(/^Cannot connect: .*subprotocol/i).waitFor();
  await page.fill('#subprotocol', '');
  await page.click('#connect');
  t.is((await offered).url(), `${program.ws}echo`);
  await isIn(page, '1 OPEN');
  t.notRegex((await page.textContent('main')) ?? '', /连接|发送|关闭/);
});

test('on a phone, in the dark, nothing is wider than the screen', async (t) => {
  const lab = await openLab(t, { viewport: { width: 375, height: 667 }, colorScheme: 'dark' });
  if (!lab) return;
  const { page, complaints } = lab;
  await connect(page);
  await page.fill('#text', 'W'.repeat(3_000));
  await page.press('#text', 'Enter');
  await isWith(page, '3,000 字节');
  t.is(await page.evaluate('document.documentElement.scrollWidth'), 375);
  t.is(
    await page.evaluate(
      'document.querySelector(".frames-view").scrollWidth > document.querySelector(".frames-view").clientWidth',
    ),
    false,
  );
  t.is(await page.evaluate('getComputedStyle(document.body).backgroundColor'), 'rgb(22, 25, 28)');
  t.deepEqual(complaints(), []);
});
