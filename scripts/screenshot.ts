// The pictures in docs/images: tsx scripts/screenshot.ts [address of a running page]. PORT is for the address they show.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { WebSocket } from 'ws';
import { launchChromium } from '../test/helpers/chromium.ts';
import { shrinkPng } from './shrink-png.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Picture extends BrowserContextOptions {
  /** Opens the page and brings it to where the picture is taken. */
  show(page: Page, address: string): Promise<void>;
}

const pictures: Record<string, Picture> = {
  'greeter.png': { locale: 'zh-CN', viewport: { width: 880, height: 600 }, show: greeter },
  'greeter-phone.png': { locale: 'en', viewport: { width: 390, height: 700 }, colorScheme: 'dark', show: greeter },
  'chat.png': { locale: 'zh-CN', viewport: { width: 880, height: 670 }, deviceScaleFactor: 1, show: chat },
  'lab.png': { locale: 'en', viewport: { width: 1040, height: 860 }, deviceScaleFactor: 1, show: lab },
  'status.png': { locale: 'en', viewport: { width: 1240, height: 1180 }, deviceScaleFactor: 1, show: status },
};

const browser = await launchChromium();
try {
  await withPage(process.argv[2], async (address) => {
    for (const [name, picture] of Object.entries(pictures)) await take(address, name, picture);
  });
} finally {
  await browser.close();
}

async function take(address: string, name: string, { show, ...options }: Picture) {
  const context = await browser.newContext({ deviceScaleFactor: 2, ...options });
  const page = await context.newPage();
  await show(page, address);
  writeFileSync(join(root, 'docs/images', name), shrinkPng(await page.screenshot()));
  await context.close();
  process.stdout.write(`docs/images/${name}\n`);
}

async function greeter(page: Page, address: string) {
  await page.goto(address);
  for (const [index, nickname] of ['李旺', 'Ada Lovelace'].entries()) {
    await page.fill('#m', nickname);
    await page.click('#send');
    await page.locator('.message-server').nth(index).waitFor();
  }
}

async function chat(page: Page, address: string) {
  const tabs: Record<string, Page> = { 小王: page };
  for (const name of ['小军', '小红', 'Bob']) tabs[name] = await (await browser.newContext()).newPage();
  for (const [name, tab] of Object.entries(tabs)) {
    await tab.goto(`${address}chat.html?room=tea`);
    await tab.fill('#name', name);
    await tab.press('#name', 'Enter');
    await tab.locator('#status[data-state=open]').waitFor();
  }
  for (const [name, text] of [
    ['小军', '早！今天中午会重新部署服务器。'],
    ['小红', '那我们的聊天会断吗？'],
    ['小王', '断一下，页面会自己回来。'],
    ['小王', '一条消息也不会丢，顺序也不变。'],
    ['Bob', 'Nice. And what I type meanwhile?'],
    ['小军', 'It waits, and goes out once.'],
  ] as const) {
    await tabs[name]?.fill('#m', text);
    await tabs[name]?.press('#m', 'Enter');
    await page.locator('#lines').getByText(text).waitFor();
  }
}

async function lab(page: Page, address: string) {
  await page.goto(`${address}lab.html`);
  await page.click('#connect');
  // Each ends with a number that the one before has not reached.
  for (const [times, every] of [
    ['50', '40'],
    ['60', '80'],
    ['160', '20'],
  ] as const) {
    await page.fill('#text', 'Hello, {n}');
    await page.fill('#times', times);
    await page.fill('#every', every);
    await page.locator('#repeat:enabled').click();
    await page.locator('.frame-received').getByText(`Hello, ${times}`).waitFor();
    // So that the plot has a valley.
    await page.waitForTimeout(1_500);
  }
  await page.click('#clear');
  for (const text of ['Hello', '你好', 'こんにちは']) {
    await page.fill('#text', text);
    await page.press('#text', 'Enter');
    await page.locator('.frame-received').getByText(text).waitFor();
  }
}

async function status(page: Page, address: string) {
  const open = (path: string) => new WebSocket(`${address.replace('http', 'ws')}${path}`);
  const rooms = ['tea', 'tea', 'tea', '大厅', '大厅', 'news'].map((room) => open(`rooms/${encodeURIComponent(room)}`));
  const others = ['echo', 'clock', 'chat', 'broadcast'].map(open);
  const speaker = open('rooms/tea?name=Ann');
  let times = 0;
  const speaking = setInterval(() => {
    times += 1;
    if (speaker.readyState === speaker.OPEN && times % 200 < 120) speaker.send(`Hello, ${times}`);
  }, 25);
  await page.goto(`${address}status.html`);
  // So that the plots have something to show.
  await page.waitForTimeout(40_000);
  clearInterval(speaking);
  for (const socket of [...rooms, ...others, speaker]) socket.terminate();
}

/** Calls `use` with the address of a page: the given one, or that of the built program, of which two are started for as long. */
async function withPage(given: string | undefined, use: (address: string) => Promise<void>): Promise<void> {
  if (given) return use(given);
  const dataDir = mkdtempSync(join(tmpdir(), 'text-event-server-'));
  const start = (port: string) =>
    spawn(process.execPath, [join(root, 'dist/main.js')], {
      cwd: dataDir,
      env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: port, DATA_DIR: dataDir },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  const program = start(process.env.PORT ?? '0');
  // The status lists both.
  const other = start('0');
  try {
    let printed = '';
    for await (const chunk of program.stdout.setEncoding('utf8')) {
      printed += chunk;
      const address = printed.match(/http:\/\/[^\s"]+:\d+\//)?.[0];
      if (address) return await use(address);
    }
    throw new Error(`The program ended without an address:\n${printed}`);
  } finally {
    program.kill();
    other.kill();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
