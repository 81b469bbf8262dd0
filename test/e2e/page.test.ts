import ava, { type ExecutionContext } from 'ava';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { openTab, ownComplaints } from '../helpers/browser.ts';
import { startProgram } from '../helpers/program.ts';

// One at a time: each has a browser and a program of its own, and fifteen at once would only wait for each other.
const test = ava.serial;

const phone = { width: 375, height: 667 };

/** The page of a program of its own in a tab of its own, connected. */
async function openGreeter(t: ExecutionContext, options: BrowserContextOptions = {}) {
  const tab = await openTab(t, options);
  if (!tab) return undefined;
  const { page, complaints } = tab;
  const program = await startProgram(t);
  await page.goto(program.url);
  await page.locator('#status[data-state=open]').waitFor();
  const complaintsOfOurs = () => ownComplaints(complaints);
  return { page, program, complaints: complaintsOfOurs };
}

async function say(page: Page, nickname: string): Promise<void> {
  await page.fill('#m', nickname);
  await page.click('#send');
}

const greeting = (nickname: string) => `服务端已收到消息:${nickname}服务端发来消息: Hello,${nickname}`;

/** Waits until the text stands in #result, word for word and as a whole. */
const answered = (page: Page, text: string) => page.locator('#result').getByText(text, { exact: true }).waitFor();

/** Everything that was said and heard, from top to bottom. */
const bubbles = (page: Page) => page.locator('#result .bubble').allTextContents();

test('a nickname is greeted, with who said what and when', async (t) => {
  const greeter = await openGreeter(t);
  if (!greeter) return;
  const { page, complaints } = greeter;
  await page.getByText('已连接上!').waitFor();
  await say(page, '李旺');
  await answered(page, '服务端已收到消息:李旺服务端发来消息: Hello,李旺');
  t.deepEqual(await bubbles(page), ['李旺', greeting('李旺')]);
  for (const time of await page.locator('#result time').allTextContents()) t.regex(time, /^\d\d:\d\d:\d\d$/);
  t.deepEqual(complaints(), []);
});

test('the Enter key sends, and the input is empty and keeps the focus for the next one', async (t) => {
  const greeter = await openGreeter(t);
  if (!greeter) return;
  const { page } = greeter;
  for (const nickname of ['小王', '小军']) {
    await page.keyboard.type(nickname);
    await page.keyboard.press('Enter');
    await answered(page, greeting(nickname));
    t.is(await page.inputValue('#m'), '');
  }
  t.deepEqual(await bubbles(page), ['小王', greeting('小王'), '小军', greeting('小军')]);
});

test('an empty message is not sent: the page asks for a nickname instead', async (t) => {
  const greeter = await openGreeter(t);
  if (!greeter) return;
  const { page } = greeter;
  const frames: unknown[] = [];
  page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => frames.push(payload)));
  await page.reload();
  await page.locator('#send:enabled').waitFor();
  await page.click('#send');
  await page.getByText('请先输入昵称').waitFor();
  await say(page, '   ');
  await say(page, '小明');
  await answered(page, greeting('小明'));
  t.deepEqual(frames, ['小明']);
  t.deepEqual(await bubbles(page), ['小明', greeting('小明')]);
  t.false(await page.getByText('请先输入昵称').isVisible());
});

test('a nickname that looks like markup shows as typed and runs nothing', async (t) => {
  const greeter = await openGreeter(t);
  if (!greeter) return;
  const { page, complaints } = greeter;
  const markup = '<img src=x onerror="document.title=1"><script>document.title=2</script>&lt;b&gt;';
  const title = await page.title();
  await say(page, markup);
  await answered(page, greeting(markup));
  t.deepEqual(await bubbles(page), [markup, greeting(markup)]);
  t.is(await page.locator('#result :is(img, script, b)').count(), 0);
  t.is(await page.title(), title);
  t.deepEqual(complaints(), []);
});

test('a server that goes away is shown, nothing typed is lost, and the page returns by itself', async (t) => {
  const greeter = await openGreeter(t);
  if (!greeter) return;
  const { page, program, complaints } = greeter;
  await page.fill('#m', '李旺');
  await program.stop();
  await page.getByText('连接已关闭').waitFor();
  await page.getByText(/^\d+ 秒后重新连接$/).waitFor();
  t.true(await page.isDisabled('#send'));
  await page.press('#m', 'Enter');
  t.is(await page.inputValue('#m'), '李旺');
  t.deepEqual(await bubbles(page), []);

  await startProgram(t, { PORT: String(program.port) });
  await page.getByText('已连接上!').waitFor();
  await page.locator('#notice').waitFor({ state: 'hidden' });
  t.is(await page.inputValue('#m'), '李旺');
  await page.press('#m', 'Enter');
  await answered(page, greeting('李旺'));
  t.deepEqual(complaints(), []);
});

test('a wait is cut short by the button, and by the network that is back', async (t) => {
  const greeter = await openGreeter(t);
  if (!greeter) return;
  const { page } = greeter;
  // From here on each server drops the page at once, and each wait is as long as the back-off allows.
  await page.routeWebSocket(/^ws:/, (socket) => socket.close({ code: 1012 }));
  await page.addInitScript('Math.random = () => 1');
  await page.reload();
  await page.getByText(/^[4-8] 秒后重新连接$/).waitFor();

  await page.unrouteAll();
  let attempts = 0;
  await page.routeWebSocket(/^ws:/, (socket) => {
    attempts++;
    if (attempts < 2) socket.close({ code: 1012 });
    else socket.connectToServer();
  });
  await page.getByRole('button', { name: '立即重新连接' }).click();
  await page.getByText(/^(8|1[0-6]) 秒后重新连接$/).waitFor();
  await page.evaluate(() => window.dispatchEvent(new Event('online')));
  await page.getByText('已连接上!').waitFor();
  t.is(attempts, 2);
  t.is(await page.evaluate(() => document.activeElement?.id), 'm');
});

test('a server that says not to come back is obeyed until the button is pressed', async (t) => {
  const greeter = await openGreeter(t);
  if (!greeter) return;
  const { page } = greeter;
  let attempts = 0;
  await page.routeWebSocket(/^ws:/, (socket) => {
    attempts++;
    if (attempts === 1) socket.close({ code: 1008, reason: 'too many messages' });
    else socket.connectToServer();
  });
  await page.reload();
  await page.getByText('（1008 too many messages）').waitFor();
  await page.getByText('连接已关闭').waitFor();
  await page.evaluate(() => window.dispatchEvent(new Event('online')));
  t.is(attempts, 1);
  await page.getByRole('button', { name: '立即重新连接' }).click();
  await page.getByText('已连接上!').waitFor();
  t.is(attempts, 2);
});

test('what was said into a connection that broke is marked, and can be said again', async (t) => {
  const greeter = await openGreeter(t);
  if (!greeter) return;
  const { page, program } = greeter;
  // Stopped, the server takes the message in and never answers it.
  program.child.kill('SIGSTOP');
  await say(page, '李旺');
  await program.stop('SIGKILL');
  await page.getByText('未收到回答').waitFor();
  t.deepEqual(await bubbles(page), ['李旺']);

  await startProgram(t, { PORT: String(program.port) });
  await page.getByRole('button', { name: '再次发送' }).click();
  await answered(page, greeting('李旺'));
  t.deepEqual(await bubbles(page), ['李旺', '李旺', greeting('李旺')]);
});

test('the clear button empties the conversation', async (t) => {
  const greeter = await openGreeter(t);
  if (!greeter) return;
  const { page } = greeter;
  t.true(await page.isDisabled('#clear'));
  await say(page, '李旺');
  await answered(page, greeting('李旺'));
  await page.getByRole('button', { name: '清空' }).click();
  t.deepEqual(await bubbles(page), []);
  await page.getByText('还没有消息').waitFor();
});

test('the browser decides the language, and the switch is remembered', async (t) => {
  const greeter = await openGreeter(t, { locale: 'en-GB' });
  if (!greeter) return;
  const { page, complaints } = greeter;
  await page.getByText('Connected!').waitFor();
  t.is(await page.getAttribute('html', 'lang'), 'en');
  t.regex(await page.title(), /^Greeter/);
  await say(page, 'Ada');
  await answered(page, greeting('Ada'));

  await page.getByRole('button', { name: '中文' }).click();
  await page.reload();
  await page.getByText('已连接上!').waitFor();
  t.is(await page.getAttribute('html', 'lang'), 'zh-CN');
  t.regex(await page.title(), /^问候/);
  t.is(await page.getAttribute('#m', 'placeholder'), '请输入您的昵称');
  t.notRegex((await page.textContent('body')) ?? '', /Connected|Clear|Send|nickname/);
  t.deepEqual(complaints(), []);
});

test('a browser that blocks site data gets the page all the same', async (t) => {
  const tab = await openTab(t);
  if (!tab) return;
  const { page, complaints } = tab;
  const { url } = await startProgram(t);
  await page.addInitScript('Object.defineProperty(window, "localStorage", { get() { throw new Error("blocked"); } })');
  await page.goto(url);
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByText('Connected!').waitFor();
  t.deepEqual(complaints, []);
});

test('on a phone nothing is wider than the screen, however long the nickname', async (t) => {
  const greeter = await openGreeter(t, { viewport: phone });
  if (!greeter) return;
  const { page } = greeter;
  const long = 'W'.repeat(500);
  await say(page, long);
  await answered(page, greeting(long));
  const tooWide = await page.evaluate(
    () =>
      [...document.querySelectorAll('html, .conversation, .bubble')].filter((e) => e.scrollWidth > e.clientWidth)
        .length,
  );
  t.is(tooWide, 0);
  t.true(await page.locator('#send').isVisible());
});

test('the colours follow the setting of the system', async (t) => {
  const greeter = await openGreeter(t, { colorScheme: 'dark' });
  if (!greeter) return;
  const { page, complaints } = greeter;
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  t.is(await background(), 'rgb(22, 25, 28)');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.locator('html[data-bs-theme=light]').waitFor();
  t.is(await background(), 'rgb(248, 249, 250)');
  t.deepEqual(complaints(), []);
});

test('a screen reader finds the input by its name, the state, and a log that is read out', async (t) => {
  const greeter = await openGreeter(t);
  if (!greeter) return;
  const { page } = greeter;
  await page.getByRole('status').getByText('已连接上!').waitFor();
  await page.getByRole('textbox', { name: '昵称' }).fill('李旺');
  await page.getByRole('button', { name: '发送' }).click();
  await page.getByRole('log').getByText(greeting('李旺'), { exact: true }).waitFor();
  t.is(await page.getByRole('log').getAttribute('aria-live'), 'polite');
});

test('a browser without WebSocket is told so', async (t) => {
  const tab = await openTab(t);
  if (!tab) return;
  const { page, complaints } = tab;
  const { url } = await startProgram(t);
  await page.addInitScript('delete window.WebSocket');
  await page.goto(url);
  await page.getByText('您的浏览器不支持 WebSocket').waitFor();
  t.true(await page.isDisabled('#m'));
  t.true(await page.isDisabled('#send'));
  t.deepEqual(complaints, []);
});

test('a browser without JavaScript is told so', async (t) => {
  const tab = await openTab(t, { javaScriptEnabled: false });
  if (!tab) return;
  const { url } = await startProgram(t);
  await tab.page.goto(url);
  // getByText passes over noscript.
  t.regex((await tab.page.locator('noscript p').textContent()) ?? '', /此页面需要启用 JavaScript.*needs JavaScript/);
  t.true(await tab.page.locator('noscript p').isVisible());
});
