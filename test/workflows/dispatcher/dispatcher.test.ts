// Jobs that share an account through the dispatcher, on a real server: nobody is refused, and nothing of it is lost when it is ended.

import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { expect, test } from 'vitest';
import type { DispatchPage } from '../../../domain/dispatch/page/page.ts';
import type { JobReport } from '../../../domain/report/report.ts';
import { until } from '../../end-to-end/crash/cell.ts';
import { devServer } from '../../support/temporal.ts';
import type { Site } from '../site.ts';
import {
  findDispatcher,
  readPage,
  results,
  type SiteChange,
  withDispatchedSite,
  writeConfig,
} from './dispatched-site.ts';

const server = devServer();

const poll = { initial: '200ms', max: '500ms' };
const batch = { maxItems: 10, concurrency: 10 };
const shared = { poll, batch, minBatchItems: 1 };
const quick = { validateMs: 20, runMs: 400, finalizeMs: 20 };
const model = 'gpt-5.4-mini';
/** Tokens of a batch of ten items, as Nightshift estimates them: at least what the emulator counts. */
const batchTokens = 10 * 30;

const withSite = (options: SiteChange, use: (site: Site) => Promise<void>): Promise<void> =>
  withDispatchedSite(server, { ...quick, ...options }, use);
const dispatcher = (): WorkflowHandle => findDispatcher(server);
const look = (): Promise<DispatchPage> => readPage(server);
/** By dispatchers before this one. */
const countGrants = (): Promise<number> =>
  look().then(
    ({ grants }) => grants,
    () => 0,
  );
/** Until the dispatcher runs and shows that. */
const untilShown = (what: string, isSo: (page: DispatchPage) => boolean): Promise<void> =>
  until(
    what,
    async () => {
      // A query is work for the dispatcher, too.
      await sleep(200);
      const page = await look().catch(() => null);
      return page !== null && isSo(page);
    },
    askedAgainMs,
  );

/** If a grant was lost with its dispatcher, a job asks again after a minute. */
const askedAgainMs = 90_000;

const enqueued = (batches: number) => ({
  openai: { default: { models: { [model]: { enqueuedTokens: batches * batchTokens } } } },
});

/** What the account on the emulator allows: one token more would be refused. */
const room = (batches: number) => ({ tokens: batches * batchTokens });

const allDone = async (
  site: Site,
  handles: readonly WorkflowHandle[],
  rows: number,
  batches: number,
): Promise<void> => {
  for (const report of await results(handles)) {
    expect(report).toMatchObject({ verdict: 'complete', rows: { answered: rows } });
  }
  const counts = await site.control.counts();
  expect(counts.billedTwice.byCustomId).toEqual([]);
  // A refused batch would have been created again.
  expect(counts.batchesCreated).toBe(batches);
};

test(
  'two tenants and three priorities share an account: nobody is refused, and no limit is passed',
  () =>
    withSite(
      {
        limits: room(3),
        variables: writeConfig({ limits: enqueued(3), tenants: { a: { batches: 2 }, b: {} } }),
      },
      async (site) => {
        const before = await countGrants();
        const jobs = ['a', 'b'].flatMap((tenant) => [1, 2, 3].map((priority) => ({ tenant, priority })));
        const handles: WorkflowHandle[] = [];
        for (const { tenant, priority } of jobs) {
          const job = site.openaiJob(40, { ...shared, tenant, priority });
          handles.push(await site.start(job, `${tenant}-${priority}`));
        }
        await untilShown('why batches wait', ({ waits }) =>
          waits.some(({ reason }) => /enqueued tokens of gpt-5.4-mini: \d+ of \d+ in use; \d/.test(reason)),
        );
        await allDone(site, handles, 40, 24);
        expect(await look()).toMatchObject({ holders: 0, waiting: 0, open: 0, grants: before + 24 });
      },
    ),
  120_000,
);

test(
  'a dispatcher that is terminated again and again changes nothing',
  () =>
    withSite({ runMs: 1500, limits: room(2), variables: writeConfig({ limits: enqueued(2) }) }, async (site) => {
      const before = await countGrants();
      const handles = [
        await site.start(site.openaiJob(40, shared), `${site.name}-1`),
        await site.start(site.openaiJob(40, shared), `${site.name}-2`),
      ];
      for (let times = 0; times < 3; times += 1) {
        await untilShown('two open batches', ({ open }) => open === 2);
        await dispatcher().terminate('by a person');
        const isThere = async () => (await dispatcher().describe()).status.name === 'RUNNING';
        await until('a new dispatcher', isThere, askedAgainMs);
      }
      await allDone(site, handles, 40, 8);
      expect(await look()).toMatchObject({ holders: 0, open: 0, grants: before + 8 });
    }),
  400_000,
);

test(
  'a tenant at its cap waits and says so, and a raised cap lets it continue',
  () =>
    withSite({ variables: writeConfig({ limits: {}, tenants: { capped: { dayUsd: 0.0005 } } }) }, async (site) => {
      const handle = await site.start(site.openaiJob(60, { ...shared, tenant: 'capped' }));
      await until('why the batches wait', async () =>
        (await site.status()).capacity.some(({ reason = '' }) => reason.includes('the cap of the tenant capped')),
      );
      const [tenant] = (await look()).owners.filter(({ owner }) => owner === 'tenant:capped');
      expect((tenant?.dayUsd ?? 0) + (tenant?.reservedUsd ?? 0)).toBeLessThanOrEqual(0.0005);
      const change = (input: unknown): Promise<string> =>
        dispatcher().executeUpdate<string, [unknown]>('setCap', { args: [input] });
      await expect(change({ tenant: 'capped', dayUsd: -1 })).rejects.toThrow();
      await expect(change({ tenant: 'a', feature: 'b', dayUsd: 1 })).rejects.toThrow();
      await expect(change({ account: 'openai', dayUsd: 1 })).rejects.toThrow();
      expect(await change({ tenant: 'capped', dayUsd: 0.00001 })).toContain('above its cap');
      expect(await change({ tenant: 'capped', dayUsd: 1 })).toBe('set');
      await allDone(site, [handle], 60, 6);
      const report = (await handle.result()) as JobReport;
      const after = (await look()).owners.find(({ owner }) => owner === 'tenant:capped');
      expect(after?.dayUsd).toBeCloseTo(report.cost.usd ?? 0, 9);
    }),
  120_000,
);

test(
  'what a terminated job held is given back to the others',
  () =>
    withSite({ runMs: 60_000, variables: writeConfig({ limits: enqueued(1) }) }, async (site) => {
      await site.start(site.openaiJob(10, shared), 'holds');
      await untilShown('an open batch', ({ open }) => open === 1);
      await site.start(site.openaiJob(10, shared), 'waits');
      await untilShown('a waiting batch', ({ waiting }) => waiting === 1);
      await site.client.workflow.getHandle('holds').terminate('by a person');
      expect(await dispatcher().executeUpdate('reclaim')).toEqual(['holds']);
      await untilShown('no waiting batch', ({ waiting }) => waiting === 0);
      await site.client.workflow.getHandle('waits').terminate('the test is over');
      // Otherwise the next test would share the account with it.
      await dispatcher().executeUpdate('reclaim');
    }),
  120_000,
);

test(
  'without a known limit, what the provider refuses teaches all jobs, and nothing is uploaded twice',
  () =>
    withSite({ limits: room(2), variables: writeConfig({ limits: {} }) }, async (site) => {
      const handles = [
        await site.start(site.openaiJob(60, shared), `${site.name}-1`),
        await site.start(site.openaiJob(60, shared), `${site.name}-2`),
      ];
      for (const report of await results(handles)) {
        expect(report).toMatchObject({ verdict: 'complete', rows: { answered: 60 }, attempts: { 1: 60 } });
      }
      const { requests, billedTwice } = await site.control.counts();
      expect(requests['openai.files.create']).toBe(12);
      expect(billedTwice.byCustomId).toEqual([]);
    }),
  120_000,
);

test(
  'a batch that is larger than the limit itself is split, and needs no retry round for that',
  () =>
    withSite({ limits: { tokens: 400 }, variables: writeConfig({ limits: {} }) }, async (site) => {
      const job = site.openaiJob(30, {
        ...shared,
        batch: { maxItems: 30, concurrency: 10 },
        retry: { rounds: 0 },
        fallback: { lane: 'none' },
      });
      const report = (await (await site.start(job)).result()) as JobReport;
      expect(report).toMatchObject({ verdict: 'complete', rows: { answered: 30 } });
      expect(report.batches).toMatchObject({ realtime: 0 });
      const { billedTwice, batchesCreated } = await site.control.counts();
      expect(billedTwice.byCustomId).toEqual([]);
      expect(batchesCreated).toBeGreaterThan(2);
    }),
  120_000,
);

test(
  'the segments of a large job declare for themselves, and give back what they held',
  () =>
    withSite(
      { batchesPerSegment: 3, limits: room(2), variables: writeConfig({ limits: enqueued(2) }) },
      async (site) => {
        const before = await countGrants();
        const handle = await site.start(site.openaiJob(80, shared));
        await allDone(site, [handle], 80, 8);
        // Jobs of tests before this one were terminated.
        await dispatcher().executeUpdate('reclaim');
        expect(await look()).toMatchObject({ holders: 0, open: 0, grants: before + 8 });
      },
    ),
  120_000,
);
