// The gateway's page as a person uses it, in a real browser: signing in, starting a job, and watching it until its report.

import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { browser, type Watched } from '../../../support/browser.ts';
import { devServer } from '../../../support/temporal.ts';
import { type GatewaySite, testToken, withGateway } from '../gateway-site.ts';

const server = devServer();
const { open } = browser();
const quick = { validateMs: 50, runMs: 600, finalizeMs: 50, cancelMs: 50 };
const small = { batch: { maxItems: 10, concurrency: 2 }, minBatchItems: 1, poll: { initial: '200ms', max: '300ms' } };
const slowMs = 120_000;
const telephone = { width: 390, height: 844 };
const hostile = '<img src=x onerror="document.title=\'taken\'"><script>document.title="taken"</script>';

const { token, entry } = testToken('*');
const reader = testToken('*', ['read']);
const gateway = { tokens: [entry, reader.entry] };

async function signIn(page: Page, secret = token): Promise<void> {
  await page.getByLabel('Token').fill(secret);
  await page.keyboard.press('Enter');
}

/** Where the address says which view is shown. */
async function openSigned(
  at: GatewaySite,
  path: string,
  options: Parameters<typeof open>[1] = {},
  secret = token,
): Promise<Watched> {
  const watched = await open(`${at.gateway.url}${path}`, options);
  await signIn(watched.page, secret);
  return watched;
}

/** A browser writes down each request that was refused, and each stream that the page has left. */
/** A page that leaves a view ends the requests of that view. */
const withoutExpected = (complaints: readonly string[]): readonly string[] =>
  complaints.filter((complaint) => !/401 \(Unauthorized\)|^failed: .* net::ERR_ABORTED$/.test(complaint));

const look = async (page: Page, name: string): Promise<void> => {
  const folder = process.env.NIGHTSHIFT_SHOTS;
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
};

const rowsShown = (page: Page) => page.getByRole('region', { name: 'Results' }).locator('tbody tr');

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
      await expect.poll(() => rowsShown(page).count(), { timeout: 60_000 }).toBeGreaterThan(0);
      await look(page, 'running');
      expect(await page.locator('.badge').textContent()).not.toMatch(/complete|partial/);
      await expect.poll(() => page.locator('.badge').textContent(), { timeout: 60_000 }).toMatch(/complete|partial/);
      await expect.poll(() => rowsShown(page).count()).toBe(40);
      await expect
        .poll(() => page.getByRole('region', { name: 'Failures' }).textContent())
        .toMatch(/row \d+ \(T-\d+\)/);
      expect(await page.getByRole('region', { name: 'Batches' }).locator('tbody tr').count()).toBe(4);
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

test('at 390 pixels nothing sticks out, in light and dark, and rows are text', { timeout: slowMs }, () =>
  withGateway(server.env, 'narrow', { ...quick, gateway }, async (at) => {
    const row = (number: number) => ({ id: `${hostile} ${number}`, text: hostile });
    await at.site.run({ ...at.site.openaiJob(30, small), dataset: at.site.dataset(30, row), budget: { usd: 1 } });
    const colors: unknown[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, complaints } = await openSigned(at, '/#/jobs/narrow', { viewport: telephone, colorScheme });
      await expect.poll(() => rowsShown(page).count()).toBe(10);
      await look(page, `narrow-${colorScheme}`);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(telephone.width);
      colors.push(await page.evaluate('getComputedStyle(document.body).backgroundColor'));
      expect(await page.locator('main img, main script').count()).toBe(0);
      await page.setViewportSize({ width: 1200, height: 900 });
      await page.getByText(hostile).first().waitFor();
      expect(await page.title()).toContain('narrow');
      await look(page, `wide-${colorScheme}`);
      for (const path of ['#/', '#/start']) {
        await page.setViewportSize(telephone);
        await page.evaluate(`location.hash = '${path}'`);
        await page.getByRole('heading', { name: path === '#/' ? 'Jobs' : 'Start a job' }).waitFor();
        if (path === '#/') await page.getByRole('link', { name: 'narrow' }).waitFor();
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(telephone.width);
        await look(page, `${path.slice(2) || 'jobs'}-${colorScheme}`);
      }
      expect(withoutExpected(complaints)).toEqual([]);
    }
    expect(colors[0]).not.toBe(colors[1]);
  }),
);

test(
  'a job is paused, resumed and cancelled on the page, but not with a token that may only read',
  { timeout: slowMs },
  () =>
    withGateway(server.env, 'changes', { ...quick, runMs: 5000, gateway }, async (at) => {
      await at.site.start(at.site.openaiJob(40, small));
      const { page } = await openSigned(at, '/#/jobs/changes');
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByText('Paused: somebody paused it').waitFor();
      await look(page, 'paused');
      await page.getByRole('button', { name: 'Resume' }).click();
      await expect.poll(() => page.getByText('Paused: somebody paused it').count(), { timeout: 20_000 }).toBe(0);
      const { page: readers } = await openSigned(at, '/#/jobs/changes', {}, reader.token);
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

/** Moves the focus to what has the name. */
async function tabTo(page: Page, name: string, key = 'Tab'): Promise<void> {
  const focused = (): Promise<string> =>
    page.evaluate(
      '(({ labels, textContent }) => (labels?.[0] ?? { textContent }).textContent)(document.activeElement)',
    );
  for (let step = 0; (await focused()).trim() !== name; step += 1) {
    expect(step).toBeLessThan(30);
    await page.keyboard.press(key);
  }
}
