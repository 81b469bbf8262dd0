import { type Browser, chromium as playwright } from 'playwright-core';
import { chromium } from './tools.ts';

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
