// Retry rounds: their waits, their items, and the items that no round answers.

import { expect, test } from 'vitest';
import type { JobReport } from '../../../domain/report/report.ts';
import { timeSkippingServer } from '../../support/temporal.ts';
import { hourMs, Site } from '../site.ts';

const server = timeSkippingServer();
const poll = { initial: '1m', max: '5m' };
const always = { itemErrors: { rate500: 1, failTimes: 0 } };

/** The other timers start batches in small groups, or wait hours for an alert. */
const listBackoffs = async (site: Site): Promise<number[]> =>
  (await site.timers()).filter((ms) => ms > 1000 && ms < hourMs);

test('each round is sent in full batches after its wait, and items that fail in all of them go realtime', () =>
  Site.with(server.env, 'rounds', { itemErrors: { rate500: 1, failTimes: 3 } }, async (site) => {
    await site.start(site.openaiJob(120, { poll, batch: { maxItems: 60 }, retry: { rounds: 2 } }));
    const report = await site.result();
    await site.expectPaidOnce(report, 120);
    expect(report).toMatchObject({
      verdict: 'complete',
      waves: 4,
      attempts: { 4: 120 },
      batches: { count: 6, realtime: 2 },
    });
    expect(await listBackoffs(site)).toEqual([30_000, 60_000]);
  }));

test('rounds wait 30, 60 and 120 s', () =>
  Site.with(server.env, 'doubling', always, async (site) => {
    const report = await site.run(site.openaiJob(60, { poll, fallback: { lane: 'none' } }));
    expect(report).toMatchObject({ verdict: 'none', waves: 4, errorsByReason: { provider_error: 60 } });
    expect(await listBackoffs(site)).toEqual([30_000, 60_000, 120_000]);
    await site.expectPaidOnce(report, 60);
    expect(site.results().every(({ attempts, reason }) => attempts === 4 && reason === 'provider_error')).toBe(true);
  }));

test('a remainder below `minBatchItems` goes through the realtime lane', () =>
  Site.with(server.env, 'few', { batch: { endAs: 'expired', partial: 0.9 } }, async (site) => {
    const report = await site.run(site.openaiJob(100, { poll }));
    await site.expectPaidOnce(report, 100);
    expect(report).toMatchObject({ verdict: 'complete', waves: 2, batches: { count: 1, realtime: 1 } });
  }));

test('an item whose answer is cut in realtime too is failed with that reason', () =>
  Site.with(server.env, 'cut', {}, async (site) => {
    const cut = (number: number) => ({ id: number, text: `[[truncate]] ${number}` });
    const report = await site.run({ ...site.openaiJob(1, { poll }), dataset: site.dataset(4, cut) });
    site.expectWhole(report, 4);
    expect(report).toMatchObject({ verdict: 'none', waves: 2, errorsByReason: { truncated: 4 } });
    expect(site.results().every(({ attempts, lane }) => attempts === 2 && lane === 'realtime')).toBe(true);
  }));

test('the fallback spends no more than its `maxUsd`, and the rest has its reason', () =>
  Site.with(server.env, 'frugal', { itemErrors: { rate500: 1, failTimes: 1 } }, async (site) => {
    const changes = { poll, retry: { rounds: 0 }, fallback: { maxUsd: 0.002 } };
    const report = await site.run(site.openaiJob(120, changes));
    await site.expectPaidOnce(report, 120);
    expect(report.verdict).toBe('partial');
    expect(report.errorsByReason).toEqual({ budget: report.rows.failed });
    expect(realtimeUsd(report)).toBeGreaterThan(0);
    expect(realtimeUsd(report)).toBeLessThanOrEqual(0.002);
  }));

test('an item whose answer breaks the schema is sent once more, and then failed', () =>
  Site.with(server.env, 'schema', {}, async (site) => {
    const schema = { type: 'object', required: ['label'] };
    const report = await site.run(site.openaiJob(60, { poll, schema }));
    site.expectWhole(report, 60);
    expect(report).toMatchObject({ verdict: 'none', waves: 2, errorsByReason: { invalid_output: 60 } });
    expect(site.results().every(({ attempts }) => attempts === 2)).toBe(true);
  }));

test('a second job with `reuse` pays only for items that the first did not answer', () =>
  Site.with(server.env, 'first', { batch: { endAs: 'expired', partial: 0.5 } }, async (site) => {
    const changes = { poll, retry: { rounds: 0 }, fallback: { lane: 'none' } };
    const first = await site.run(site.openaiJob(200, changes));
    expect(first.verdict).toBe('partial');
    await site.control.setOptions({ batch: null });
    const job = site.openaiJob(200, { poll, reuse: first.files.results });
    const second = await site.run(job, 'second');
    await site.expectPaidOnce(second, 200, 'second');
    expect(second).toMatchObject({ verdict: 'complete', rows: { carriedOver: first.rows.answered } });
    expect((await site.control.counts()).billed).toBe(200);
  }));

test('two rows with the same request are sent once and have a result each', () =>
  Site.with(server.env, 'twice', {}, async (site) => {
    const same = (number: number) => ({ id: `t-${(number - 1) % 60}`, text: `ticket ${(number - 1) % 60}` });
    const report = await site.run({ ...site.openaiJob(1, { poll }), dataset: site.dataset(120, same) });
    await site.expectPaidOnce(report, 120);
    expect(report).toMatchObject({ verdict: 'complete', rows: { answered: 120, duplicates: 60 } });
    expect((await site.control.counts()).billed).toBe(60);
  }));

const realtimeUsd = (report: JobReport): number =>
  report.cost.byModelAndLane.find(({ lane }) => lane === 'realtime')?.usd ?? 0;

test('Anthropic: expired halves of batches are sent again, in two waves, and each batch is known by its count', () =>
  Site.with(server.env, 'anthropic', { batch: { endAs: 'expired', partial: 0.5, first: 2 } }, async (site) => {
    const job = {
      ...site.openaiJob(250, { poll, batch: { maxItems: 125 } }),
      provider: 'anthropic',
      model: 'claude-haiku-4-5',
      request: { max_tokens: 16, messages: [{ role: 'user', content: '{{ text }}' }] },
    };
    const report = await site.run(job);
    await site.expectPaidOnce(report, 250);
    expect(report).toMatchObject({ verdict: 'complete', waves: 2 });
    expect(Date.parse(report.endedAt) - Date.parse(report.startedAt)).toBeLessThan(hourMs);
  }));
