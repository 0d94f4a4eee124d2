// Alerts while a job runs: raised in time, shown in the status, and taken back.

import { expect, test } from 'vitest';
import { timeSkippingServer } from '../../support/temporal.ts';
import { hourMs, minuteMs, Site } from '../site.ts';

const server = timeSkippingServer();
const poll = { initial: '1m', max: '5m' };

test('a batch that is validated for over half an hour raises an alert until it runs', () =>
  Site.with(server.env, 'validating', { validateMs: hourMs, runMs: hourMs }, async (site) => {
    await site.start(site.openaiJob(100, { poll }));
    await site.untilCreated(1);
    await site.env.sleep(20 * minuteMs);
    expect((await site.status()).alerts).toEqual([]);
    await site.env.sleep(25 * minuteMs);
    const late = await site.status();
    expect(late.alerts).toEqual(['a batch is over 30 minutes in validating']);
    expect(late.batches.byStage).toEqual({ validating: 1 });
    // As of the job's last event: a job without news writes none.
    expect(late.nextLookAt).toBeGreaterThan(late.startedAt + 30 * minuteMs);
    await site.env.sleep(30 * minuteMs);
    const running = await site.status();
    expect([running.alerts, running.batches.byStage]).toEqual([[], { running: 1 }]);
    expect((await site.result()).verdict).toBe('complete');
  }));

test('a job that takes longer than its sla raises an alert, and its report says so', () =>
  Site.with(server.env, 'sla', { runMs: 40 * minuteMs }, async (site) => {
    await site.start(site.openaiJob(100, { poll: { initial: '10m', max: '10m' }, sla: '25m' }));
    await site.untilCreated(1);
    await site.env.sleep(20 * minuteMs);
    expect((await site.status()).alerts).toEqual([]);
    await site.env.sleep(8 * minuteMs);
    expect((await site.status()).alerts).toEqual(['the job takes longer than its `sla` allows']);
    expect(await site.result()).toMatchObject({ verdict: 'complete', sla: { ms: 25 * minuteMs, isMet: false } });
    expect((await site.status()).alerts).toEqual([]);
  }));

test('segments report their late batches to the job', () =>
  Site.with(server.env, 'segments', { batchesPerSegment: 1, validateMs: 2 * hourMs }, async (site) => {
    await site.start(site.openaiJob(100, { poll, batch: { maxItems: 50 }, minBatchItems: 1 }));
    await site.untilCreated(2);
    await site.env.sleep(55 * minuteMs);
    const { alerts, batches } = await site.status();
    expect(alerts).toEqual(['2 batches are over 30 minutes in validating']);
    expect(batches).toMatchObject({ open: 2, byStage: { validating: 2 } });
    expect((await site.result()).verdict).toBe('complete');
  }));
