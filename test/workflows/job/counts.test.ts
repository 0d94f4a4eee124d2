// What the status counts: items that were not sent are not in progress, in the job itself and in segments; and the provider's last fault.

import { expect, test } from 'vitest';
import { timeSkippingServer } from '../../support/temporal.ts';
import { hourMs, minuteMs, Site } from '../site.ts';

const server = timeSkippingServer();
const poll = { initial: '1m', max: '5m' };
const batch = { maxItems: 10, concurrency: 4 };

test('what was not sent is not started, in the counts and in the table, where it waits', () =>
  Site.with(server.env, 'unsent', { runMs: hourMs }, async (site) => {
    await site.start(site.openaiJob(120, { poll, batch, minBatchItems: 1 }));
    await site.untilCreated(4);
    expect(await site.status()).toMatchObject({
      items: { answered: 0, underWay: 40, notStarted: 80, toRetry: 0, failed: 0 },
      batches: { planned: 12, notStarted: 8, open: 4, done: 0 },
      concurrency: 4,
      deadline: { batchMs: 20 * hourMs, jobMs: null },
      lastFault: null,
    });
    const { total, batches } = await site.batches({ stage: 'waiting' });
    expect(total).toBe(8);
    expect(batches.map(({ batch: number, stage }) => `${number} ${stage}`)).toEqual(
      [5, 6, 7, 8, 9, 10, 11, 12].map((number) => `${number} not_started`),
    );
    expect((await site.batches()).total).toBe(12);
    await site.result();
    expect((await site.batches({ stage: 'waiting' })).total).toBe(0);
  }));

test('a job in segments counts what its segments have sent', () =>
  Site.with(server.env, 'segments', { runMs: hourMs, batchesPerSegment: 4 }, async (site) => {
    await site.start(site.openaiJob(120, { poll, batch: { maxItems: 10, concurrency: 4 }, minBatchItems: 1 }));
    await site.untilCreated(4);
    const sent = await site.untilStatus('the segment reports', ({ items }) => items.underWay > 0);
    expect(sent.items).toMatchObject({ underWay: 40, notStarted: 80 });
    await site.result();
  }));

test('items that a further round sends again are neither in progress nor not started', () =>
  Site.with(server.env, 'again', { itemErrors: { rate500: 1, failTimes: 1 } }, async (site) => {
    await site.start(site.openaiJob(120, { poll, batch: { maxItems: 60 }, retry: { backoff: '1h' } }));
    const waits = await site.untilStatus('the round waits', ({ phase }) => phase === 'backing_off', minuteMs);
    expect(waits.items).toMatchObject({ answered: 0, underWay: 0, notStarted: 0, toRetry: 120 });
    await site.result();
  }));

test('the last fault of the provider is told, with the time since when it lasts', () => {
  const refusedKey = { status: 401, body: '{"error":{"message":"no","code":"invalid_api_key"}}' };
  return Site.with(server.env, 'fault', { calls: { 'openai.files.create': refusedKey } }, async (site) => {
    await site.start(site.openaiJob(60, { poll }));
    const { lastFault, items, startedAt } = await site.untilStatus('the job pauses', ({ phase }) => phase === 'paused');
    expect(lastFault).toMatchObject({ fault: 'unauthorized' });
    expect(lastFault?.since).toBeGreaterThanOrEqual(startedAt);
    expect(items).toMatchObject({ underWay: 0, notStarted: 60 });
    await site.control.setOptions({ calls: null });
    await site.update('resume');
    expect(await site.result()).toMatchObject({ verdict: 'complete' });
  });
});
