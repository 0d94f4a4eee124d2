// A page that stays open: streams that are cut, gateways that end, tokens that are revoked, jobs that are reset or very large.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { browser } from '../../../support/browser.ts';
import { devServer } from '../../../support/temporal.ts';
import type { Site } from '../../../workflows/site.ts';
import { resetJob } from '../events/reset-job.ts';
import { startGateway, withGateway } from '../gateway-site.ts';
import { gateway, look, openSigned, quick, rowsOf, slowMs, small } from './page-site.ts';

const server = devServer();
const { open } = browser();
const soon = { timeout: 60_000 };
const approved = { rollout: { steps: [0.5, 1], approve: true } };

test('events that are cut off continue, at a gateway that was started again too', { timeout: slowMs }, () =>
  withGateway(server.env, 'cut', { ...quick, gateway }, async (at) => {
    await at.site.start({ ...at.site.openaiJob(40, small), ...approved });
    const first = await startGateway(at.site, gateway);
    const { page } = await openSigned(open, { ...at, gateway: first }, '/#/jobs/cut');
    await expect.poll(() => rowsOf(page, 'Results').count(), soon).toBeGreaterThan(0);
    const before = await page.getByText(/came since the page was opened/).textContent();
    await first.drain();
    await page.getByText('This page tries again.').waitFor();
    const asked = page.waitForRequest((request) => request.url().endsWith('/events'));
    const { port } = new URL(first.url);
    const second = await startGateway(at.site, gateway, {}, Number(port));
    expect((await asked).headers()['last-event-id']).toMatch(/^[0-9a-f-]{36}\.\d+\.\d+$/);
    await expect.poll(() => page.getByText('This page tries again.').count(), soon).toBe(0);
    expect(await page.getByText(/came since the page was opened/).textContent()).toBe(before);
    await page.getByRole('button', { name: 'Approve the step' }).click();
    await page.getByText('40 of 40 rows have an answer').waitFor(soon);
    await second.drain();
  }),
);

test('a token that is revoked asks for another, and says so', { timeout: slowMs }, () =>
  withGateway(server.env, 'revoked', { ...quick, gateway }, async (at) => {
    await at.site.start({ ...at.site.openaiJob(20, small), poll: { initial: '1h', max: '1h' } });
    const first = await startGateway(at.site, gateway);
    const { page } = await openSigned(open, { ...at, gateway: first }, '/#/jobs/revoked');
    await page.getByText('rows are done').waitFor();
    await first.drain();
    const second = await startGateway(
      at.site,
      { tokens: gateway.tokens.slice(1) },
      {},
      Number(new URL(first.url).port),
    );
    await page.getByText('The gateway does not know this token').waitFor(soon);
    expect(await page.getByText('rows are done').count()).toBe(0);
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    await second.drain();
  }),
);

test('a job that is reset while it is shown, and after its end, is shown as it is now', { timeout: 2 * slowMs }, () =>
  withGateway(server.env, 'reset', { ...quick, gateway }, async (at) => {
    await at.site.start({ ...at.site.openaiJob(40, small), ...approved });
    const { page } = await openSigned(open, at, '/#/jobs/reset');
    await page.clock.install();
    await expect.poll(() => rowsOf(page, 'Results').count(), soon).toBeGreaterThan(0);
    await at.site.update('approve');
    await page.getByText('These are the first 20 results.').waitFor(soon);
    await resetJob(at.site);
    await page.clock.fastForward(31_000);
    await page.getByRole('button', { name: 'Pause' }).waitFor(soon);
    await page.getByRole('button', { name: 'Approve the step' }).waitFor(soon);
  }),
);

test('results and batches are held in bounds, however many there are', { timeout: 2 * slowMs }, () =>
  withGateway(server.env, 'large', { ...quick, gateway, answer: { bytes: 20_000 } }, async (at) => {
    const job = { ...at.site.openaiJob(1000, { ...small, batch: { maxItems: 400, concurrency: 2 } }), ...approved };
    await at.site.start(job);
    const { page } = await openSigned(open, at, '/#/jobs/large');
    await expect.poll(() => rowsOf(page, 'Results').count(), soon).toBe(200);
    await page.getByRole('button', { name: 'Hold' }).click();
    await page.getByText('The list is held').waitFor();
    await page.getByRole('button', { name: 'Approve the step' }).click();
    // The answers cost more than the rollout allows.
    await expect.poll(() => page.getByRole('button', { name: 'Approve the step' }).count(), soon).toBe(0);
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByText('1,000 of 1,000 rows have an answer').waitFor(soon);
    expect(await page.evaluate('document.querySelector("main").textContent.length')).toBeLessThan(60_000);
    plan(at.site, 8000);
    await page.reload();
    await page.getByText('1 to 20 of 8,00').waitFor();
    await page.getByRole('button', { name: 'Last' }).click();
    await page.getByText(/of 8,00\d$/).waitFor();
    await expect.poll(() => page.locator('caption').first().textContent()).toMatch(/^8,001 to 8,00\d of 8,00\d$/);
    await look(page, 'large');
    // The button is gone, and the focus is on the next one of its group.
    expect(await page.evaluate('document.activeElement.textContent')).toBe('First');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('caption').first().textContent()).toContain('1 to 20 of');
  }),
);

/** The plan of a job that has ended gets so many batches more, as a further wave. */
function plan(site: Site, batches: number): void {
  const folder = join(site.root, 'runs', site.name, 'plan');
  const [line = ''] = readFileSync(join(folder, 'wave-1', 'manifest.jsonl'), 'utf8').split('\n');
  const entry = JSON.parse(line);
  const lines = Array.from({ length: batches }, (_, index) => JSON.stringify({ ...entry, batch: index + 1 }));
  const wave = readdirSync(folder).filter((name) => name.startsWith('wave-')).length + 1;
  mkdirSync(join(folder, `wave-${wave}`));
  writeFileSync(join(folder, `wave-${wave}`, 'manifest.jsonl'), `${lines.join('\n')}\n`);
}
