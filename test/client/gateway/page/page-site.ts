// What tests of the page share: opening it signed in, taking pictures, moving the focus by the keyboard, and checking what a view must keep.

import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { browser, Watched } from '../../../support/browser.ts';
import { type GatewaySite, testToken } from '../gateway-site.ts';

export const quick = { validateMs: 50, runMs: 400, finalizeMs: 50, cancelMs: 50 };
export const small = {
  batch: { maxItems: 10, concurrency: 2 },
  minBatchItems: 1,
  poll: { initial: '200ms', max: '300ms' },
};
export const slowMs = 120_000;
export const telephone = { width: 390, height: 844 };
export const hostile = '<img src=x onerror="document.title=\'taken\'"><script>document.title="taken"</script>';

const { token: operatorToken, entry } = testToken('*');
export const token = operatorToken;
export const reader = testToken('*', ['read']);
export const gateway = { tokens: [entry, reader.entry] };

type Open = ReturnType<typeof browser>['open'];

export async function signIn(page: Page, secret = token): Promise<void> {
  await page.getByLabel('Token').fill(secret);
  await page.keyboard.press('Enter');
}

/** Where the address says which view is shown. */
export async function openSigned(
  open: Open,
  at: GatewaySite,
  path: string,
  options: Parameters<Open>[1] = {},
  secret = token,
): Promise<Watched> {
  const watched = await open(`${at.gateway.url}${path}`, options);
  await signIn(watched.page, secret);
  return watched;
}

/** A browser writes down each request that was refused, and each one of a view that the page has left. */
export const withoutExpected = (complaints: readonly string[]): readonly string[] =>
  complaints.filter((complaint) => !/401 \(Unauthorized\)|^failed: .* net::ERR_ABORTED$/.test(complaint));

export async function look(page: Page, name: string): Promise<void> {
  const folder = process.env.NIGHTSHIFT_SHOTS;
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

export const rowsOf = (page: Page, region: string) => page.getByRole('region', { name: region }).locator('tbody tr');

/** Of `axe.run`. */
interface Checked {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}

/** What no view may break: contrast, names, roles and landmarks; and at 390 pixels nothing sticks out. */
export async function checkView(page: Page, name: string): Promise<void> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<Checked>('axe.run(document)');
  const found = violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${name}: ${id} in ${html}`));
  expect(found).toEqual([]);
  const width = page.viewportSize()?.width;
  expect([name, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([name, width]);
}

/** Moves the focus to what has the name. */
export async function tabTo(page: Page, name: string, key = 'Tab'): Promise<void> {
  for (let step = 0; (await focusedName(page)) !== name; step += 1) {
    expect(step).toBeLessThan(30);
    await page.keyboard.press(key);
  }
}

async function focusedName(page: Page): Promise<string> {
  const text: string = await page.evaluate(
    '(({ labels, textContent }) => (labels?.[0] ?? { textContent }).textContent)(document.activeElement)',
  );
  return text.trim();
}
