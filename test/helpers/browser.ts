import type { ExecutionContext } from 'ava';
import { type Browser, type BrowserContextOptions, type Page, chromium as playwright } from 'playwright-core';
import { chromium, missing } from './tools.ts';

/** The system's Chromium, headless. */
export function launchChromium(): Promise<Browser> {
  const executablePath = chromium.path();
  if (!executablePath) throw new Error(`Chromium is not here: sudo apt-get install ${chromium.aptPackage}`);
  return playwright.launch({
    executablePath,
    // Chromium refuses its sandbox to root.
    chromiumSandbox: process.getuid?.() !== 0,
    // Its own traffic is unwanted in a test, and where there is no internet it is refused a piece at a time.
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export interface Tab {
  browser: Browser;
  page: Page;
  /** What the page complained of: uncaught errors, console errors, violations of the Content-Security-Policy. */
  complaints: string[];
}

/**
 * A tab of a fresh Chromium that ends with the test; Chinese, 1280 × 720 and light where the options do not say otherwise.
 * Undefined where there is no Chromium: the test has been left out in plain sight and should return.
 */
export async function openTab(t: ExecutionContext, options: BrowserContextOptions = {}): Promise<Tab | undefined> {
  if (missing(t, chromium)) return undefined;
  const browser = await launchChromium();
  t.teardown(() => browser.close());
  return openTabIn(browser, options);
}

/** A tab of its own profile, which shares nothing with the others of the browser. */
export async function openTabIn(browser: Browser, options: BrowserContextOptions = {}): Promise<Tab> {
  const context = await browser.newContext({ locale: 'zh-CN', ...options });
  const page = await context.newPage();
  // What a test waits for happens in milliseconds, or has failed.
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return { browser, page, complaints };
}

/** What Chromium itself prints about an attempt that found nobody, or no network; a page cannot keep it from that. */
const UNREACHED = /^WebSocket connection to '.*' failed|^Failed to load resource: net::ERR_/;

/** Complaints that the page could have avoided. */
export function ownComplaints(complaints: readonly string[]): string[] {
  return complaints.filter((text) => !UNREACHED.test(text));
}
