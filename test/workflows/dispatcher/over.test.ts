// What a job of a tenant with a cap may cost above its reserves: with a strict budget nothing, and otherwise at most what is shown.

import { expect, test } from 'vitest';
import { listMoney } from '../../../client/cli/print/dispatch-tables.ts';
import { renderDetails } from '../../../domain/dispatch/page/details.ts';
import type { DispatchPage, OwnerPage } from '../../../domain/dispatch/page/page.ts';
import type { JobReport } from '../../../domain/report/report.ts';
import { until } from '../../end-to-end/crash/cell.ts';
import { devServer } from '../../support/temporal.ts';
import type { Site } from '../site.ts';
import { findDispatcher, readPage, withDispatchedSite, writeConfig } from './dispatched-site.ts';

const server = devServer();

/** Each answer has the most output tokens, and its prompt is written to the cache and has two and a half times the tokens of the estimate. */
const expensive = {
  validateMs: 20,
  runMs: 400,
  finalizeMs: 20,
  answer: { bytes: 64 },
  usage: { cacheWrite1h: 60 },
};
/** Enough for two batches of a strict budget, or for five estimates. */
const firstCapUsd = 0.0029;

interface Watched {
  readonly owners: readonly OwnerPage[];
  readonly pages: readonly DispatchPage[];
  readonly report: JobReport;
  /** The most that the job's own status says above its estimate. */
  readonly mostMoreUsd: number;
}

/** Runs a job of six batches, and looks at its tenant all the time. The cap is raised whenever a batch waits for it. */
async function watch(site: Site, tenant: string, budget: { usd: number; strict?: boolean }): Promise<Watched> {
  const handle = await site.start({
    dataset: site.dataset(60),
    provider: 'anthropic',
    model: 'claude-haiku-4-5',
    request: { messages: [{ role: 'user', content: '{{ text }}' }], max_tokens: 16 },
    poll: { initial: '200ms', max: '500ms' },
    batch: { maxItems: 10, concurrency: 10 },
    minBatchItems: 1,
    tenant,
    budget,
  });
  const owners: OwnerPage[] = [];
  const pages: DispatchPage[] = [];
  let dayUsd = firstCapUsd;
  await until(
    'the job ends',
    async () => {
      const page = await readPage(server).catch(() => null);
      const its = page?.owners.find(({ owner }) => owner === `tenant:${tenant}`);
      if (page === null || its === undefined) return false;
      pages.push(page);
      owners.push(its);
      if (page.waits.some(({ reason }) => reason.includes('the cap of'))) {
        dayUsd += firstCapUsd;
        await findDispatcher(server).executeUpdate('setCap', { args: [{ tenant, dayUsd }] });
      }
      return (await handle.describe()).status.name !== 'RUNNING';
    },
    90_000,
  );
  const report = (await handle.result()) as JobReport;
  const { estimateUsd, mostUsd } = await site.status();
  return { owners, pages, report, mostMoreUsd: (mostUsd ?? Number.NaN) - (estimateUsd ?? Number.NaN) };
}

const withTenant = (tenant: string, use: (site: Site) => Promise<void>): Promise<void> =>
  withDispatchedSite(
    server,
    { ...expensive, variables: writeConfig({ limits: {}, tenants: { [tenant]: { dayUsd: firstCapUsd } } }) },
    use,
  );

test(
  'with a strict budget, what is settled and reserved is within the cap at every instant, although each answer costs twice its estimate',
  () =>
    withTenant('strict', async (site) => {
      const { owners, report, mostMoreUsd } = await watch(site, 'strict', { usd: 1, strict: true });
      expect(report).toMatchObject({ verdict: 'complete', rows: { answered: 60 } });
      expect(report.cost.usd).toBeGreaterThan(firstCapUsd);
      expect(owners.length).toBeGreaterThan(20);
      for (const { caps, reservedUsd } of owners) {
        for (const { settledUsd, capUsd } of caps) expect(settledUsd + reservedUsd).toBeLessThanOrEqual(capUsd + 1e-9);
      }
      for (const owner of owners) expect(owner).toMatchObject({ beyondUsd: 0, beyondMaxUsd: 0 });
      expect(owners.some(({ reservedUsd }) => reservedUsd > 0)).toBe(true);
      expect(mostMoreUsd).toBe(0);
    }),
  120_000,
);

test(
  'otherwise batches cost more than their reserves, by less than what is shown while they are open',
  () =>
    withTenant('plain', async (site) => {
      const { owners, pages, report, mostMoreUsd } = await watch(site, 'plain', { usd: 1 });
      expect(report).toMatchObject({ verdict: 'complete', rows: { answered: 60 } });
      const beyondUsd = owners.at(-1)?.beyondUsd ?? 0;
      expect(beyondUsd).toBeGreaterThan(0);
      expect(beyondUsd).toBeLessThanOrEqual(mostMoreUsd);
      const [most] = owners.toSorted((a, b) => (b.beyondMaxUsd ?? 0) - (a.beyondMaxUsd ?? 0));
      expect(most?.beyondMaxUsd).toBeGreaterThan(0);
      const page = pages.find((its) => most !== undefined && its.owners.includes(most));
      if (page === undefined) throw new Error('no page');
      const shown = `at most $${most?.beyondMaxUsd?.toFixed(4)} over)`;
      expect(listMoney(page).find(({ of }) => of === 'tenant plain')?.reserved).toContain(shown);
      expect(renderDetails(page, 0)).toContain(shown);
    }),
  120_000,
);
