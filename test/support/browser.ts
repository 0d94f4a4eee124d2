// A real browser for tests: pages are opened as a person would, and what they ask of the network or complain of is written down.

import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { ensureChromium } from '../../scripts/tools/chromium.ts';

export interface Watched {
  readonly page: Page;
  /** Console errors and warnings, uncaught errors, and requests that failed. */
  readonly complaints: readonly string[];
  /** Everything that was asked for, the page itself first. */
  readonly requests: readonly string[];
}

/** Where none is installed, apt or a download come before the browser. */
const setUpMs = 15 * 60_000;
const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
const contained = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-dev-shm-usage'];

/** At the top of a test file: one browser for all its tests. */
export function browser(): { open(url: string, options?: BrowserContextOptions): Promise<Watched> } {
  let running: Browser | null = null;
  beforeAll(async () => {
    running = await chromium.launch({ executablePath: await ensureChromium(), args: [...contained, ...quiet] });
  }, setUpMs);
  afterAll(() => running?.close());
  return {
    open: (url, options) => {
      if (running === null) throw new Error('the browser is started before the first test, not before');
      return opened(running, url, options);
    },
  };
}

async function opened(running: Browser, url: string, options?: BrowserContextOptions): Promise<Watched> {
  const context = await running.newContext(options);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(url);
  return { page, complaints, requests };
}
