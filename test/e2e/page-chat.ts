import type { ExecutionContext } from 'ava';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { openTab, openTabIn, ownComplaints, type Tab } from '../helpers/browser.ts';
import type { Program } from '../helpers/program.ts';

export interface Chatter {
  page: Page;
  complaints(): string[];
}

export interface ChatTab extends BrowserContextOptions {
  prepare?(page: Page): Promise<void>;
}

/** Somebody in the room. Undefined where there is no browser. */
export async function enter(t: ExecutionContext, program: Program, name: string, options: ChatTab = {}) {
  const tab = await openTab(t, options);
  return tab && enterIn(tab, program, name, options);
}

/** Two people in the room, who share a browser and nothing else of it. */
export async function enterBoth(t: ExecutionContext, program: Program, options: ChatTab = {}) {
  const tab = await openTab(t, options);
  if (!tab) return [];
  const one = await enterIn(tab, program, '小王', options);
  return [one, await enterIn(await openTabIn(tab.browser), program, '李旺')];
}

async function enterIn(tab: Tab, program: Program, name: string, { prepare }: ChatTab = {}): Promise<Chatter> {
  const { page, complaints } = tab;
  // The shortest wait before each attempt to come back.
  await page.addInitScript('Math.random = () => 0');
  await prepare?.(page);
  await page.goto(`${program.url}chat.html`);
  await page.fill('#name', name);
  await page.press('#name', 'Enter');
  await isConnected(page);
  return { page, complaints: () => ownComplaints(complaints) };
}

export const isConnected = (page: Page) => page.locator('#status[data-state=open]').waitFor();
/** Stays through the attempts to come back. */
export const isAway = (page: Page) => page.locator('#notice').waitFor();

export async function say(page: Page, ...texts: string[]): Promise<void> {
  for (const text of texts) {
    await page.fill('#m', text);
    await page.press('#m', 'Enter');
  }
}

/** Waits until the line is in the room, and shown. */
export const hears = (page: Page, text: string) =>
  page.locator('#lines .bubble').getByText(text, { exact: true }).waitFor();

/** What was said, from top to bottom; `我:` before one's own. */
export const spoken = (page: Page) =>
  page.evaluate(() =>
    Array.from(
      document.querySelectorAll('#lines .line'),
      (line) => `${line.querySelector('.line-name')?.textContent}:${line.querySelector('.bubble')?.textContent}`,
    ),
  );

export const notes = (page: Page) => page.locator('#lines .note').allTextContents();
export const members = (page: Page) => page.locator('.member-name').allTextContents();
export const pending = (page: Page) => page.locator('#pending .bubble').allTextContents();
