import { type ExecutionContext, registerCompletionHandler } from 'ava';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { launchChromium } from './chromium.ts';
import { chromium, missing } from './tools.ts';

export interface Tab {
  browser: Browser;
  page: Page;
  /** What the page complained of: uncaught errors, console errors, violations of the Content-Security-Policy. */
  complaints: string[];
}

let shared: Promise<Browser> | undefined;

/** One for all tests of a file, because its start takes longer than most of them. */
function sharedChromium(): Promise<Browser> {
  shared ??= launchChromium().then((browser) => {
    registerCompletionHandler(() => void browser.close());
    return browser;
  });
  return shared;
}

/**
 * A tab of its own profile that ends with the test; Chinese, 1280 × 720 and light where the options do not say otherwise.
 * Undefined where there is no Chromium: the test has been left out in plain sight and should return.
 */
export async function openTab(t: ExecutionContext, options: BrowserContextOptions = {}): Promise<Tab | undefined> {
  if (missing(t, chromium)) return undefined;
  const tab = await openTabIn(await sharedChromium(), options);
  t.teardown(() => tab.page.context().close());
  return tab;
}

/** A tab of its own profile, which shares nothing with the others of the browser. */
export async function openTabIn(browser: Browser, options: BrowserContextOptions = {}): Promise<Tab> {
  const context = await browser.newContext({ locale: 'zh-CN', ...options });
  const page = await context.newPage();
  // What a test waits for happens in milliseconds, but not where many others have the machine.
  page.setDefaultTimeout(60_000);
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
