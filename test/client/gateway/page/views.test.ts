// Every view of the page, wide and narrow, light and dark: it breaks no rule of accessibility, and nothing sticks out of it.

import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { browser } from '../../../support/browser.ts';
import { devServer } from '../../../support/temporal.ts';
import { type GatewaySite, withGateway } from '../gateway-site.ts';
import {
  checkView,
  gateway,
  hostile,
  look,
  openSigned,
  quick,
  reader,
  rowsOf,
  signIn,
  slowMs,
  small,
  telephone,
  token,
} from './page-site.ts';

const server = devServer();
const { open } = browser();

const looks = (['light', 'dark'] as const).flatMap((colorScheme) => [
  { name: `wide-${colorScheme}`, colorScheme, viewport: { width: 1280, height: 860 } },
  { name: `narrow-${colorScheme}`, colorScheme, viewport: telephone },
]);

const longId = `a-very-long-id-${'that-goes-on-'.repeat(9)}ünïcödé-夜勤-🌙`;
const soon = { timeout: 20_000 };
const never = { initial: '1h', max: '1h' };
const rollout = { rollout: { steps: [0.5, 1], approve: true } };

/** A job in each state. Resolves when each has come to it. */
async function startJobs({ site }: GatewaySite): Promise<void> {
  const row = (number: number) => ({ id: `${hostile} ${number}`, text: `${hostile} ${number}` });
  const job = { ...site.openaiJob(1, small), dataset: site.dataset(40, row) };
  await site.run({ ...job, budget: { usd: 1 } }, 'done');
  await site.start({ ...job, poll: never, budget: { usd: 2 } }, 'running');
  await site.start({ ...job, budget: { usd: 0.000_000_1 } }, 'no-money');
  await site.start({ ...job, ...rollout }, 'paused');
  await site.start({ ...job, poll: never }, longId);
  await site.start({ ...job, dataset: 'missing.jsonl' }, 'failed');
  await site.start({ ...job, poll: never }, 'cancelled');
  const handle = (id: string) => site.client.workflow.getHandle(id);
  const status = (id: string) => handle(id).query<{ phase: string; costUsd: number | null }, []>('status');
  await expect.poll(async () => (await status('paused')).phase, { timeout: 60_000 }).toBe('paused');
  await expect.poll(async () => (await status('no-money')).phase, { timeout: 60_000 }).toBe('paused');
  await expect.poll(async () => (await status('running')).phase, { timeout: 60_000 }).toBe('running');
  await handle('paused').executeUpdate('pause', { args: [{ note: 'until the prompt is right' }] });
  await handle('paused').executeUpdate('setBudget', { args: [{ usd: 0.000_01 }] });
  await handle('cancelled').cancel();
  await site.result('cancelled').catch(() => undefined);
  await site.result('failed').catch(() => undefined);
}

interface View {
  readonly name: string;
  readonly path: string;
  /** Resolves when everything is there. */
  ready(page: Page): Promise<unknown>;
}

const heading = (page: Page, name: string | RegExp): Promise<void> => page.getByRole('heading', { name }).waitFor();
const badge = (page: Page, text: string): Promise<void> => page.locator('.head .badge', { hasText: text }).waitFor();

const views: readonly View[] = [
  {
    name: 'jobs',
    path: '#/',
    ready: (page) => expect.poll(() => page.locator('tbody tr').count(), soon).toBe(7),
  },
  {
    name: 'done',
    path: '#/jobs/done',
    ready: async (page) => {
      await page.getByRole('button', { name: /^Download all results/ }).waitFor();
      await page.getByText('These are the first 20 results.').waitFor();
      await page
        .getByText(/^row \d+ \(/)
        .first()
        .waitFor();
      await expect.poll(() => rowsOf(page, 'Batches').count(), soon).toBe(4);
    },
  },
  {
    name: 'running',
    path: '#/jobs/running',
    ready: (page) => expect.poll(() => rowsOf(page, 'Batches').count(), soon).toBe(4),
  },
  { name: 'no-money', path: '#/jobs/no-money', ready: (page) => page.getByText('Paused: the next batch').waitFor() },
  { name: 'paused', path: '#/jobs/paused', ready: (page) => page.getByText('over the budget').waitFor() },
  {
    name: 'long-id',
    path: `#/jobs/${encodeURIComponent(longId)}`,
    ready: (page) => page.getByText('rows are done').waitFor(),
  },
  { name: 'failed', path: '#/jobs/failed', ready: (page) => page.getByText('ended without results').waitFor() },
  { name: 'cancelled', path: '#/jobs/cancelled', ready: (page) => badge(page, 'cancelled') },
  { name: 'missing', path: '#/jobs/nobody', ready: (page) => heading(page, /There is no job/) },
  { name: 'start', path: '#/start', ready: (page) => heading(page, 'Start a job') },
];

/** First, because all tests share a server. */
test('no jobs yet', { timeout: slowMs }, () =>
  withGateway(server.env, 'empty', { ...quick, gateway }, async (at) => {
    for (const { name, ...options } of looks) {
      const { page } = await openSigned(open, at, '/', options);
      await page.getByText('There are no jobs yet.').waitFor();
      await look(page, `empty-${name}`);
      await checkView(page, `empty ${name}`);
    }
  }),
);

test('jobs in every state, the form and a job that is not there', { timeout: 3 * slowMs }, () =>
  withGateway(server.env, 'views', { ...quick, gateway, itemErrors: { rate400: 0.2 } }, async (at) => {
    await startJobs(at);
    const colors = new Set<unknown>();
    for (const { name, ...options } of looks) {
      const { page } = await openSigned(open, at, '/', options);
      colors.add(await page.evaluate('getComputedStyle(document.body).backgroundColor'));
      for (const view of views) {
        await page.evaluate(`location.hash = ${JSON.stringify(view.path)}`);
        await view.ready(page);
        await look(page, `${view.name}-${name}`);
        await checkView(page, `${view.name} ${name}`);
        expect(await page.locator('main img, main script').count()).toBe(0);
        expect(await page.title()).not.toBe('taken');
      }
    }
    expect(colors.size).toBe(2);
  }),
);

test('the form with problems and with choices, dialogs, and nobody to answer', { timeout: 2 * slowMs }, () =>
  withGateway(server.env, 'forms', { ...quick, gateway }, async (at) => {
    await at.site.start({ ...at.site.openaiJob(20, small), poll: never });
    for (const { name, ...options } of looks) {
      const { page } = await open(at.gateway.url, options);
      await page.getByLabel('Token').waitFor();
      await checkView(page, `sign-in ${name}`);
      await signIn(page, 'ns_wrong');
      await expect.poll(() => page.getByRole('alert').textContent()).toContain('does not know this token');
      await look(page, `wrong-token-${name}`);
      await checkView(page, `wrong token ${name}`);
      await signIn(page, token);
      await page.getByRole('link', { name: 'Start a job' }).click();
      await page.getByLabel('Id').fill('x');
      await page.getByLabel('Job', { exact: true }).fill('{"dataset": "a.jsonl", "b');
      await page.getByLabel('Job', { exact: true }).press('Control+Space');
      await page.getByRole('option').first().waitFor();
      await look(page, `choices-${name}`);
      await checkView(page, `choices ${name}`);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Estimate' }).click();
      await page.getByText('The job is not JSON').waitFor();
      await page.getByLabel('Job', { exact: true }).fill('{"dataset": 3, "provider": "nobody", "promt": {}}');
      await page.getByRole('button', { name: 'Start', exact: true }).click();
      await page.locator('form .problem').waitFor();
      await look(page, `problems-${name}`);
      await checkView(page, `problems ${name}`);
      await page.evaluate('location.hash = "#/jobs/forms"');
      await page.getByRole('button', { name: 'Cancel …' }).click();
      await look(page, `cancel-${name}`);
      await checkView(page, `cancel ${name}`);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Budget …' }).click();
      await look(page, `budget-${name}`);
      await checkView(page, `budget ${name}`);
      await page.keyboard.press('Escape');
      const { page: readers } = await openSigned(open, at, '/#/start', options, reader.token);
      await readers.getByText('may not start jobs').waitFor();
      await look(readers, `may-not-${name}`);
      await checkView(readers, `may not ${name}`);
      await page.route('**/api/**', (route) => route.abort());
      await page.getByText('The gateway does not answer').waitFor();
      await look(page, `away-${name}`);
      await checkView(page, `away ${name}`);
      await page.reload();
      await heading(page, 'No answer');
      await look(page, `no-answer-${name}`);
      await checkView(page, `no answer ${name}`);
      await page.unroute('**/api/**');
      await heading(page, 'forms');
    }
  }),
);
