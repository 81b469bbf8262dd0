// The pictures in docs/images: tsx scripts/screenshot.ts [address of a running page]. PORT is for the address they show.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { launchChromium } from '../test/helpers/browser.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const pictures: Record<string, BrowserContextOptions> = {
  'greeter.png': { locale: 'zh-CN', viewport: { width: 880, height: 600 } },
  'greeter-phone.png': { locale: 'en', viewport: { width: 390, height: 700 }, colorScheme: 'dark' },
};

const browser = await launchChromium();
try {
  await withPage(process.argv[2], async (address) => {
    for (const [name, options] of Object.entries(pictures)) await picture(browser, address, name, options);
  });
} finally {
  await browser.close();
}

async function picture(browser: Browser, address: string, name: string, options: BrowserContextOptions) {
  const context = await browser.newContext({ deviceScaleFactor: 2, ...options });
  const page = await context.newPage();
  await page.goto(address);
  for (const [index, nickname] of ['李旺', 'Ada Lovelace'].entries()) {
    await page.fill('#m', nickname);
    await page.click('#send');
    await page.locator('.message-server').nth(index).waitFor();
  }
  await page.screenshot({ path: join(root, 'docs/images', name) });
  await context.close();
  process.stdout.write(`docs/images/${name}\n`);
}

/** Calls `use` with the address of a page: the given one, or that of the built program, started for as long. */
async function withPage(given: string | undefined, use: (address: string) => Promise<void>): Promise<void> {
  if (given) return use(given);
  const dataDir = mkdtempSync(join(tmpdir(), 'text-event-server-'));
  const program = spawn(process.execPath, [join(root, 'dist/main.js')], {
    cwd: dataDir,
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: process.env.PORT ?? '0', DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
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
    rmSync(dataDir, { recursive: true, force: true });
  }
}
