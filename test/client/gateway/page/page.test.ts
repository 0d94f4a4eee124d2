// The gateway's page as a person uses it, in a real browser: signing in, starting a job, and watching it until its report.

import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { browser } from '../../../support/browser.ts';
import { devServer } from '../../../support/temporal.ts';
import { withGateway } from '../gateway-site.ts';
import {
  gateway,
  look,
  openSigned,
  quick,
  reader,
  rowsOf,
  signIn,
  slowMs,
  small,
  tabTo,
  withoutExpected,
} from './page-site.ts';

const server = devServer();
const { open } = browser();
test(
  'a person signs in, starts a job by the keyboard alone, and watches it until its report',
  { timeout: slowMs },
  () =>
    withGateway(server.env, 'page', { ...quick, gateway, itemErrors: { rate400: 0.1 } }, async (at) => {
      const rows = at.site.dataset(40, (row) => ({ id: `T-${row}`, text: `ticket ${row}` }));
      const { page, complaints, requests } = await open(at.gateway.url);
      await look(page, 'sign-in');
      await signIn(page, 'ns_wrong');
      await expect.poll(() => page.getByRole('alert').textContent()).toContain('does not know this token');
      await signIn(page);
      await page.getByText('There are no jobs yet.').waitFor();

      await fillForm(page, rows);
      await page.getByRole('heading', { name: 'by-hand' }).waitFor();
      await expect.poll(() => rowsOf(page, 'Results').count(), { timeout: 60_000 }).toBeGreaterThan(0);
      await look(page, 'running');
      expect(await page.locator('.badge').textContent()).not.toMatch(/complete|partial/);
      await expect.poll(() => page.locator('.badge').textContent(), { timeout: 60_000 }).toMatch(/complete|partial/);
      await page.getByText('These are the first 20 results.').waitFor();
      expect(await rowsOf(page, 'Results').count()).toBe(20);
      await expectDownload(page, 40);
      await expect
        .poll(() => page.getByRole('region', { name: 'Failures' }).textContent())
        .toMatch(/row \d+ \(T-\d+\)/);
      await expect.poll(() => rowsOf(page, 'Batches').count()).toBe(4);
      await look(page, 'ended');

      const [report] = await Promise.all([
        page.waitForEvent('popup'),
        page.getByRole('link', { name: 'Report' }).click(),
      ]);
      const frame = report.frameLocator('iframe');
      await frame.getByRole('heading', { level: 1 }).waitFor();
      await look(report, 'report');
      expect(withoutExpected(complaints)).toEqual([]);
      expect(requests.filter((url) => !url.startsWith(at.gateway.url))).toEqual([]);
    }),
);

test(
  'a job is paused, resumed and cancelled on the page, but not with a token that may only read',
  { timeout: slowMs },
  () =>
    withGateway(server.env, 'changes', { ...quick, runMs: 5000, gateway }, async (at) => {
      await at.site.start(at.site.openaiJob(40, small));
      const { page } = await openSigned(open, at, '/#/jobs/changes');
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByText('Paused: somebody paused it').waitFor();
      await look(page, 'paused');
      await page.getByRole('button', { name: 'Resume' }).click();
      await expect.poll(() => page.getByText('Paused: somebody paused it').count(), { timeout: 20_000 }).toBe(0);
      const { page: readers } = await openSigned(open, at, '/#/jobs/changes', {}, reader.token);
      await readers.getByRole('heading', { name: 'changes' }).waitFor();
      await readers.getByText('rows are done').waitFor();
      expect(await readers.getByRole('button', { name: 'Pause' }).count()).toBe(0);
      expect(await readers.getByRole('link', { name: 'Start a job' }).count()).toBe(0);
      await page.getByRole('button', { name: 'Cancel …' }).click();
      await page.getByRole('button', { name: 'Cancel the job' }).click();
      await expect.poll(() => page.locator('.badge').textContent(), { timeout: 60_000 }).toMatch(/cancel/);
    }),
);

test('without tokens nobody signs in; with tokens the files of the page say nothing, and everything else is refused', {
  timeout: slowMs,
}, async () => {
  await withGateway(server.env, 'open', quick, async ({ gateway: { url } }) => {
    const { page } = await open(url);
    await page.getByRole('heading', { name: 'Jobs' }).waitFor();
    expect(await page.locator('#who').textContent()).toBe('operator');
  });
  await withGateway(server.env, 'shut', { ...quick, gateway }, async ({ fetch }) => {
    for (const path of ['/', '/report', '/page/style.css', '/page/main.ts', '/job.schema.json']) {
      const answer = await fetch(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self';/);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    }
    for (const path of ['/api/me', '/api/jobs', '/page/../../config.ts', '/page/routes.ts', '/page/%2e%2e/routes.ts']) {
      expect((await fetch(path)).status).toBe(401);
    }
  });
});

/** The file comes whole, and no address has the token. */
async function expectDownload(page: Page, rows: number): Promise<void> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: /^Download all results/ }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('by-hand results.jsonl');
  const text = await readFile(await download.path(), 'utf8');
  expect(text.trimEnd().split('\n')).toHaveLength(rows);
  expect(download.url()).not.toContain('ns_');
}

/** By the keyboard alone, with completion; ends with the start. */
async function fillForm(page: Page, rows: string): Promise<void> {
  await tabTo(page, 'Start a job');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Start a job' }).waitFor();
  await tabTo(page, 'Id');
  await page.keyboard.type('by-hand');
  await tabTo(page, 'Job');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(`{"dataset": "${rows}", "prov`);
  await page.getByRole('option', { name: /provider/ }).waitFor();
  await look(page, 'completion');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+Space');
  await page
    .getByRole('option', { name: /openai/ })
    .first()
    .waitFor();
  await page.keyboard.type('"openai", "model": "gpt-5.4-mini", "ba');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+Space');
  await page.keyboard.press('Enter');
  await page.keyboard.type(
    '{"maxItems": 10, "concurrency": 1}, "minBatchItems": 1, "poll": {"initial": "200ms", "max": "300ms"}, ',
  );
  await page.keyboard.type('"budget": {"usd": 2}, "prompt": {"user": "{{ text }}", "maxTokens": 16}}');
  expect(JSON.parse(await page.getByLabel('Job', { exact: true }).inputValue())).toMatchObject({
    provider: 'openai',
    batch: { maxItems: 10 },
  });
  await tabTo(page, 'Estimate');
  await page.keyboard.press('Enter');
  await page.getByText('input tokens, at most').waitFor();
  await look(page, 'estimate');
  await tabTo(page, 'Start', 'Shift+Tab');
  await page.keyboard.press('Enter');
}
