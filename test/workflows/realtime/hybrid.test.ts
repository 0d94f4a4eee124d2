// Hybrid jobs: routed rows are answered while the others wait in batches, and all results are in one place.

import { expect, test } from 'vitest';
import { timeSkippingServer } from '../../support/temporal.ts';
import { minuteMs, Site } from '../site.ts';

const server = timeSkippingServer();
const poll = { initial: '1m', max: '1m' };
const rows = 200;
const urgentEvery = 10;
const routed = Array.from({ length: rows / urgentEvery }, (_, index) => (index + 1) * urgentEvery);
const ticket = (number: number) => ({ id: number, text: `ticket ${number}`, urgent: number % urgentEvery === 0 });

const hybridJob = (site: Site, changes: object): Record<string, unknown> => ({
  ...site.openaiJob(1, { mode: 'hybrid', route: { when: 'urgent' }, poll, minBatchItems: 1, ...changes }),
  dataset: site.dataset(rows, ticket),
});

test.each([
  ['in one window', {}],
  ['in segments', { batchesPerSegment: 2 }],
])('%s, routed rows are answered while the first batch runs, and every row once', (name, options) =>
  Site.with(server.env, `hybrid-${name.replaceAll(' ', '-')}`, options, async (site) => {
    await site.start(hybridJob(site, { batch: { maxItems: 60, concurrency: 1 } }));
    const early = await site.untilStatus('early answers', ({ items }) => items.answered > 0, 5000);
    expect(early).toMatchObject({ phase: 'running', wave: 1, items: { answered: routed.length, failed: 0 } });
    const report = await site.result();
    await site.expectPaidOnce(report, rows);
    expect(report).toMatchObject({ verdict: 'complete', waves: 1, batches: { count: 3, realtime: 1 } });
    expect(site.results().flatMap(({ lane, row }) => (lane === 'realtime' ? [row] : []))).toEqual(routed);
  }),
);

test('while the realtime lane does not reach the provider, it takes no place of a batch', () =>
  Site.with(server.env, 'hybrid-outage', { outage: { calls: 'sync', how: 502 } }, async (site) => {
    await site.start(hybridJob(site, { batch: { maxItems: 90, concurrency: 1 } }));
    const ended = await site.untilStatus('both batches end', ({ items }) => items.answered >= 180, minuteMs);
    expect(ended).toMatchObject({
      items: { answered: 180, underWay: 20 },
      batches: { byStage: { done: 2, waiting: 1 } },
    });
    await site.control.setOptions({ outage: null });
    const report = await site.result();
    await site.expectPaidOnce(report, rows);
    expect(report).toMatchObject({ verdict: 'complete', waves: 1, batches: { count: 2, realtime: 1 } });
  }));
