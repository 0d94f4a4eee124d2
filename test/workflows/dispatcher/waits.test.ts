// What people see of a job that waits for the dispatcher, and what they can do with it meanwhile.

import { expect, test } from 'vitest';
import type { JobStatus } from '../../../domain/progress/status.ts';
import type { JobReport } from '../../../domain/report/report.ts';
import { until } from '../../end-to-end/crash/cell.ts';
import { devServer } from '../../support/temporal.ts';
import { deadline as deadlineOf, type Site } from '../site.ts';
import { findDispatcher, readPage, type SiteChange, withDispatchedSite, writeConfig } from './dispatched-site.ts';

const server = devServer();
const withSite = (options: SiteChange, use: (site: Site) => Promise<void>): Promise<void> =>
  withDispatchedSite(server, { validateMs: 20, runMs: 400, finalizeMs: 20, ...options }, use);
const shared = {
  poll: { initial: '200ms', max: '500ms' },
  batch: { maxItems: 10, concurrency: 10 },
  minBatchItems: 1,
};
/** Of two batches of ten items. */
const enqueued = { openai: { default: { models: { 'gpt-5.4-mini': { enqueuedTokens: 600 } } } } };
const capped = { limits: {}, tenants: { capped: { dayUsd: 0 } } };
const listReasons = ({ capacity }: JobStatus) => capacity.map(({ reason = '' }) => reason);

test(
  'a job of segments says why its batches wait',
  () =>
    withSite({ batchesPerSegment: 3, variables: writeConfig(capped) }, async (site) => {
      const handle = await site.start(site.openaiJob(80, { ...shared, tenant: 'capped' }));
      await until('why the batches wait', async () =>
        listReasons(await site.status()).some((reason) => reason.includes('the cap of the tenant capped')),
      );
      await findDispatcher(server).executeUpdate('setCap', { args: [{ tenant: 'capped', dayUsd: 1 }] });
      expect(await handle.result()).toMatchObject({ verdict: 'complete', rows: { answered: 80 } });
      await findDispatcher(server).executeUpdate('setCap', { args: [{ tenant: 'capped', dayUsd: null }] });
    }),
  120_000,
);

const setDay = (dayUsd: number | null) =>
  findDispatcher(server).executeUpdate('setCap', { args: [{ tenant: 'capped', dayUsd }] });
const findDay = async (name = 'tenant:capped') =>
  (await readPage(server)).owners.find(({ owner }) => owner === name)?.dayUsd ?? 0;
const untilCapped = (site: Site) =>
  until('why the batches wait', async () =>
    listReasons(await site.status()).some((reason) => reason.includes('the cap of the tenant capped')),
  );

test(
  'a job that waits is paused, changed, resumed and told to retry, and continues when there is money',
  () =>
    withSite({ variables: writeConfig(capped) }, async (site) => {
      const handle = await site.start(site.openaiJob(60, { ...shared, tenant: 'capped', budget: { usd: 5 } }));
      await untilCapped(site);
      const before = await findDay();
      await site.update('pause');
      await until('a paused job wants nothing', async () => (await readPage(server)).waiting === 0);
      expect(listReasons(await site.status())).toEqual([]);
      await setDay(1);
      await site.update('setConcurrency', { concurrency: 2 });
      await site.update('setBudget', { usd: 0 });
      await site.update('retryFailed', {});
      await site.update('resume');
      await until('the budget holds it', async () => (await site.status()).pause?.reason === 'budget');
      expect((await readPage(server)).waiting).toBe(0);
      expect((await site.control.counts()).batchesCreated).toBe(0);
      await site.update('setBudget', { usd: 1 });
      const report = (await handle.result()) as JobReport;
      expect(report).toMatchObject({ verdict: 'complete', rows: { answered: 60 } });
      expect((await findDay()) - before).toBeCloseTo(report.cost.usd ?? 0, 9);
      await setDay(null);
    }),
  120_000,
);

test(
  'a job that is cancelled while it waits ends, and has spent and holds nothing',
  () =>
    withSite({ batchesPerSegment: 2, variables: writeConfig(capped) }, async (site) => {
      const handle = await site.start(site.openaiJob(60, { ...shared, tenant: 'capped' }));
      await untilCapped(site);
      const before = await findDay();
      await handle.cancel();
      await expect(handle.result()).rejects.toThrow();
      expect((await site.control.counts()).batchesCreated).toBe(0);
      expect(await readPage(server)).toMatchObject({ holders: 0, waiting: 0, open: 0 });
      expect(await findDay()).toBe(before);
    }),
  120_000,
);

test(
  'a job whose deadline passes while it waits ends with all rows failed, and nothing is sent',
  () =>
    withSite({ variables: writeConfig(capped) }, async (site) => {
      const before = await findDay().catch(() => 0);
      const job = { ...shared, tenant: 'capped', deadline: deadlineOf('fail', { job: '1h' }), minBatchItems: 1 };
      const handle = await site.start(site.openaiJob(60, job));
      await untilCapped(site);
      await site.update('setDeadline', { job: '1s' });
      const report = (await handle.result()) as JobReport;
      expect(report).toMatchObject({ verdict: 'none', rows: { failed: 60 } });
      expect((await site.control.counts()).batchesCreated).toBe(0);
      expect(await readPage(server)).toMatchObject({ holders: 0, open: 0 });
      expect(await findDay()).toBe(before);
    }),
  120_000,
);

/** A request as it is, of one of two models. */
const makeLine = (number: number) => ({
  custom_id: `row-${number}`,
  method: 'POST',
  url: '/v1/chat/completions',
  body: {
    model: number % 2 === 0 ? 'gpt-5.4-mini' : 'gpt-5.4-nano',
    max_completion_tokens: 16,
    messages: [{ role: 'user', content: `row ${number}` }],
  },
});

test(
  'a hybrid job of two models with a rollout and a fallback spends what its report says, and never above its cap',
  () =>
    withSite(
      {
        itemErrors: { rate500: 0.2, failTimes: 1 },
        variables: writeConfig({ limits: enqueued, tenants: { mixed: { dayUsd: 0.0008 } } }),
      },
      async (site) => {
        const job = {
          ...shared,
          dataset: site.dataset(120, makeLine),
          provider: 'openai',
          tenant: 'mixed',
          mode: 'hybrid',
          route: { upTo: 20 },
          rollout: { steps: [0.3, 1], maxErrorRate: 1 },
          retry: { rounds: 0 },
          fallback: { lane: 'realtime' },
        };
        const handle = await site.start(job);
        let most = 0;
        let cap = 0.0008;
        await until(
          'the job ends',
          async () => {
            const page = await readPage(server).catch(() => null);
            const its = page?.owners.find(({ owner }) => owner === 'tenant:mixed');
            most = Math.max(most, ((its?.dayUsd ?? 0) + (its?.reservedUsd ?? 0)) / cap);
            if (page?.waits.some(({ reason }) => reason.includes('the cap of')) === true) {
              cap *= 2;
              await findDispatcher(server).executeUpdate('setCap', { args: [{ tenant: 'mixed', dayUsd: cap }] });
            }
            return (await handle.describe()).status.name !== 'RUNNING';
          },
          90_000,
        );
        const report = (await handle.result()) as JobReport;
        expect(report.rows.answered + report.rows.failed).toBe(120);
        // Items whose cost is not known count by their estimate.
        const { usd, unpricedUsd } = report.cost;
        expect(await findDay('tenant:mixed')).toBeCloseTo((usd ?? 0) + (unpricedUsd ?? 0), 9);
        expect(report.waves).toBe(3);
        expect(most).toBeLessThanOrEqual(1);
        expect(await readPage(server)).toMatchObject({ holders: 0, waiting: 0, open: 0 });
      },
    ),
  120_000,
);

test(
  'a job asks only for what its budget reaches, and takes no turns of others that it gives back',
  () =>
    withSite({ variables: writeConfig({ limits: { openai: { default: { batches: 50 } } } }) }, async (site) => {
      const grantsBefore = (await readPage(server).catch(() => null))?.grants ?? 0;
      const handle = await site.start(site.openaiJob(80, { ...shared, budget: { usd: 0.0025 } }));
      const report = (await handle.result()) as JobReport;
      expect(report).toMatchObject({ verdict: 'complete', rows: { answered: 80 } });
      expect((await readPage(server)).grants - grantsBefore).toBe(8);
    }),
  120_000,
);
