// A job whose answers carry no usage: their estimates fill its budget, and nothing says that they cost nothing.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ManifestEntry } from '../../../job-folder/plan/manifest.ts';
import { timeSkippingServer } from '../../support/temporal.ts';
import { Site } from '../site.ts';

const server = timeSkippingServer();
const poll = { initial: '1m', max: '5m' };
const tooLittle = 0.000_001;

/** What the batches of the first wave were estimated to cost. */
const readEstimates = (site: Site): number[] =>
  readFileSync(join(site.root, 'runs', site.name, 'plan/wave-1/manifest.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): Partial<ManifestEntry> => JSON.parse(line))
    .flatMap(({ estimate, batch }) => (batch === undefined ? [] : [estimate?.usd ?? Number.NaN]));

test.each([
  ['one after the other', 500],
  ['in segments', 1],
] as const)('a budget for two and a half of four batches, %s, lets two of them start', (name, batchesPerSegment) =>
  Site.with(server.env, `bare-${batchesPerSegment}`, { usage: { missing: 1 }, batchesPerSegment }, async (site) => {
    const batch = { maxItems: 60, concurrency: 1 };
    await site.start(site.openaiJob(240, { poll, batch, minBatchItems: 1, budget: { usd: tooLittle } }));
    await site.untilStatus(`${name}: waits for its first batch`, ({ pause }) => pause?.reason === 'budget');
    const estimates = readEstimates(site);
    expect(estimates).toHaveLength(4);
    const all = estimates.reduce((sum, usd) => sum + usd, 0);

    await site.update('setBudget', { usd: (2.5 / 4) * all });
    const full = await site.untilStatus(
      `${name}: waits for its third batch`,
      ({ pause, batches }) => pause?.reason === 'budget' && batches.done > 0,
    );
    expect(full).toMatchObject({ batches: { done: 2, open: 0 }, items: { answered: 120 } });
    expect(full).toMatchObject({ costUsd: null, unpriced: 120 });

    await site.update('setBudget', { usd: 2 * all });
    const report = await site.result();
    await site.expectPaidOnce(report, 240);
    expect(report).toMatchObject({ verdict: 'complete', tokens: { input: null, output: null } });
    expect(report.cost).toMatchObject({ usd: null, unpricedRows: 240, unpricedUsd: expect.closeTo(all, 9) });
    expect(site.results().map(({ costUsd }) => costUsd)).toEqual(Array.from({ length: 240 }, () => null));
  }),
);
