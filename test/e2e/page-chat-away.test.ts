import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ava, { type ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { startProgram } from '../helpers/program.ts';
import { until } from '../helpers/until.ts';
import { enter, enterBoth, hears, isAway, isConnected, members, notes, pending, say, spoken } from './page-chat.ts';

const test = ava.serial;

/** A folder for the data of a program that is to be started again. */
function dataDir(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'text-event-server-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Cuts the network of a page as a pulled cable does, or puts it back. */
const setOffline = (page: Page, offline: boolean) => page.context().setOffline(offline);

test('who is cut off the network returns: each line is there once, in order, on both sides', async (t) => {
  const program = await startProgram(t);
  const [one, two] = await enterBoth(t, program, { prepare: (page) => page.clock.install() });
  if (!one || !two) return;
  await say(one.page, '一');
  await hears(two.page, '一');

  await setOffline(one.page, true);
  await say(one.page, '二', '三');
  await say(two.page, '甲', '乙');
  // The heartbeat goes out, and nothing comes back.
  await one.page.clock.runFor(16_000);
  await one.page.clock.runFor(11_000);
  await isAway(one.page);
  await one.page.getByText('2 条待发送').waitFor();
  await say(one.page, '四');
  await one.page.getByText('3 条待发送').waitFor();
  t.deepEqual(await pending(one.page), ['二', '三', '四']);
  t.deepEqual(await one.page.locator('#pending .line-foot').allTextContents(), ['待发送', '待发送', '待发送']);

  await setOffline(one.page, false);
  await isConnected(one.page);
  await hears(one.page, '四');
  await hears(two.page, '四');
  const texts = (lines: string[]) => lines.map((line) => line.split(':')[1]);
  const expected = ['一', '甲', '乙', '二', '三', '四'];
  // What was sent into the cut cable may have arrived before the others spoke; then it is not sent again.
  t.deepEqual(texts(await spoken(two.page)).toSorted(), expected.toSorted());
  t.deepEqual(texts(await spoken(one.page)), texts(await spoken(two.page)));
  t.deepEqual(
    texts(await spoken(one.page)).filter((text) => '一二三四'.includes(text ?? '')),
    ['一', '二', '三', '四'],
  );
  t.deepEqual(await pending(one.page), []);
  t.deepEqual(one.complaints(), []);
});

test('a server that is killed and started again loses nothing, and a reload of the page shows it all', async (t) => {
  const env = { DATA_DIR: dataDir(t) };
  const program = await startProgram(t, env);
  const [one, two] = await enterBoth(t, program);
  if (!one || !two) return;
  await say(one.page, '一');
  await hears(two.page, '一');
  await program.stop('SIGKILL');
  await isAway(one.page);
  await one.page.getByText(/^\d+ 秒后重新连接$/).waitFor();
  await say(one.page, '二', '三');

  const again = await startProgram(t, { ...env, PORT: String(program.port) });
  await Promise.all([isConnected(one.page), isConnected(two.page)]);
  await hears(two.page, '三');
  await say(two.page, '四');
  await hears(one.page, '四');
  t.deepEqual(await spoken(one.page), ['我:一', '我:二', '我:三', '李旺:四']);
  t.deepEqual(await spoken(two.page), ['小王:一', '小王:二', '小王:三', '我:四']);

  await one.page.reload();
  await isConnected(one.page);
  await hears(one.page, '四');
  t.deepEqual(await spoken(one.page), ['我:一', '我:二', '我:三', '李旺:四']);
  t.deepEqual((await members(one.page)).toSorted(), ['小王（我）', '李旺']);

  // Ctrl-C says goodbye where a kill does not; the page comes back all the same.
  await again.stop('SIGINT');
  await isAway(one.page);
  await startProgram(t, { ...env, PORT: String(program.port) });
  await isConnected(one.page);
  await say(one.page, '五');
  await hears(two.page, '五');
  t.deepEqual(one.complaints(), []);
});

test('what waits to be sent outlives a reload of the page', async (t) => {
  const program = await startProgram(t);
  let drop: (() => Promise<void>) | undefined;
  let away = false;
  const prepare = (page: Page) =>
    page.routeWebSocket(/\/rooms\//, (socket) => {
      drop = () => socket.close({ code: 1012 });
      if (away) void drop();
      else socket.connectToServer();
    });
  const one = await enter(t, program, '小王', { prepare });
  if (!one) return;
  const { page } = one;
  away = true;
  await drop?.();
  await isAway(page);
  await say(page, '一', '二');
  await page.reload();
  await page.getByText('2 条待发送').waitFor();
  t.deepEqual(await pending(page), ['一', '二']);
  away = false;
  await page.getByRole('button', { name: '立即重新连接' }).click();
  await hears(page, '二');
  t.deepEqual(await spoken(page), ['我:一', '我:二']);
  t.is(await page.evaluate(() => document.activeElement?.id), 'm');
  t.deepEqual(await pending(page), []);
  t.deepEqual(one.complaints(), []);
});

test('a server that hangs is noticed, and heartbeats never show', async (t) => {
  const program = await startProgram(t);
  const frames: string[] = [];
  const prepare = async (page: Page) => {
    await page.clock.install();
    page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => frames.push(String(payload))));
  };
  const one = await enter(t, program, '小王', { prepare });
  if (!one) return;
  const { page } = one;
  const pong = () => frames.some((frame) => frame.startsWith('{"type":"pong"'));
  await say(page, '一');
  await hears(page, '一');
  await page.clock.runFor(16_000);
  await until(pong);
  t.is(await page.locator('#status').getAttribute('data-state'), 'open');
  t.deepEqual(await spoken(page), ['我:一']);
  t.deepEqual(await notes(page), []);

  program.child.kill('SIGSTOP');
  await say(page, '二');
  await page.clock.runFor(16_000);
  await page.clock.runFor(11_000);
  await isAway(page);
  t.deepEqual(await pending(page), ['二']);
  program.child.kill('SIGCONT');
  await isConnected(page);
  await hears(page, '二');
  t.deepEqual(await spoken(page), ['我:一', '我:二']);
});
