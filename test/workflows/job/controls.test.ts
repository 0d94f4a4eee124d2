// Controls of a running job: pause, budget, concurrency, deadlines, another round, cancel, and the queries.

import { WorkflowUpdateFailedError } from '@temporalio/client';
import { expect, test } from 'vitest';
import { timeSkippingServer } from '../../support/temporal.ts';
import { deadline, hourMs, minuteMs, Site } from '../site.ts';

const server = timeSkippingServer();
const poll = { initial: '1m', max: '5m' };

test('while a job is paused, nothing new is created and running batches are collected; it continues after `resume`', () =>
  Site.with(server.env, 'pause', {}, async (site) => {
    await site.start(site.openaiJob(180, { poll, batch: { maxItems: 60, concurrency: 1 } }));
    await site.untilCreated(1);
    expect(await site.update('pause', { note: 'lunch' })).toMatchObject({
      phase: 'paused',
      pause: { reason: 'person', note: 'lunch' },
    });
    await site.env.sleep(hourMs);
    expect(await site.status()).toMatchObject({
      phase: 'paused',
      batches: { open: 0, done: 1 },
      items: { answered: 60 },
    });
    expect((await site.control.counts()).batchesCreated).toBe(1);
    expect(await site.update('resume')).toMatchObject({ phase: 'running', pause: null });
    const report = await site.result();
    await site.expectPaidOnce(report, 180);
    expect(report).toMatchObject({ verdict: 'complete', batches: { count: 3 } });
  }));

test('a budget too small for the first batch spends nothing; with a larger one the job continues by itself', () =>
  Site.with(server.env, 'budget', {}, async (site) => {
    await site.start(site.openaiJob(120, { poll, budget: { usd: 0.000001 }, batch: { maxItems: 60 } }));
    const paused = await site.untilStatus('paused', ({ phase }) => phase === 'paused');
    expect(paused.pause).toMatchObject({
      reason: 'budget',
      note: expect.stringContaining('would pass the budget: raise it'),
    });
    await site.env.sleep(hourMs);
    const { requests } = await site.control.counts();
    expect({ uploads: requests['openai.files.create'] ?? 0 }).toEqual({ uploads: 0 });
    expect(await site.update('setBudget', { usd: 10 })).toMatchObject({ pause: null, budgetUsd: 10 });
    const report = await site.result();
    await site.expectPaidOnce(report, 120);
    expect(report.verdict).toBe('complete');
    expect(report.cost.usd).toBeGreaterThan(0);
  }));

const wrong: readonly [string, unknown][] = [
  ['setBudget', { usd: -1 }],
  ['setBudget', { usd: '5' }],
  ['setBudget', {}],
  ['setBudget', { usd: 5, eur: 4 }],
  ['setConcurrency', { concurrency: 0 }],
  ['setConcurrency', { concurrency: 501 }],
  ['setConcurrency', { concurrency: 1.5 }],
  ['setDeadline', {}],
  ['setDeadline', { batch: 'soon' }],
  ['setDeadline', { batches: '2h' }],
  ['retryFailed', { reasons: ['bad luck'] }],
  ['retryFailed', { reasons: 'truncated' }],
  ['retryFailed', []],
  ['pause', { note: 7 }],
];

test('a wrong update is refused with a message and writes nothing to history', () =>
  Site.with(server.env, 'wrong', {}, async (site) => {
    await site.start(site.openaiJob(60, { poll }));
    await site.untilCreated(1);
    for (const [name, input] of wrong) {
      const error: unknown = await site.update(name, input).catch((failure: unknown) => failure);
      const words = error instanceof WorkflowUpdateFailedError ? error.cause?.message : 'accepted';
      expect(words, `${name} ${JSON.stringify(input)}`).toMatch(/^expected (one or more of )?\{/);
    }
    const heard = (await site.events()).filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes != null);
    expect(heard).toEqual([]);
    expect((await site.result()).verdict).toBe('complete');
  }));

test('a running job obeys a new deadline and a new concurrency', () =>
  Site.with(server.env, 'changed', { runMs: 22 * hourMs }, async (site) => {
    await site.start(site.openaiJob(240, { poll, batch: { maxItems: 60, concurrency: 1 } }));
    await site.untilCreated(1);
    expect((await site.status()).batches.open).toBe(1);
    await site.update('setConcurrency', { concurrency: 3 });
    await site.untilStatus('three open', ({ batches }) => batches.open === 3);
    await site.env.sleep(minuteMs);
    expect((await site.status()).batches.open).toBe(3);
    await site.update('setDeadline', deadline('fail', { job: '2h' }));
    const report = await site.result();
    await site.expectPaidOnce(report, 240);
    expect(Date.parse(report.endedAt) - Date.parse(report.startedAt)).toBeLessThan(2.2 * hourMs);
    expect(report.errorsByReason).toEqual({ deadline: report.rows.failed });
    expect((await site.control.counts()).batchesCreated).toBe(3);
  }));

test('a running batch obeys a new deadline', () =>
  Site.with(server.env, 'sooner', { runMs: 22 * hourMs }, async (site) => {
    await site.start(site.openaiJob(60, { poll }));
    await site.untilCreated(1);
    await site.update('setDeadline', { batch: '1h' });
    const report = await site.result();
    await site.expectPaidOnce(report, 60);
    expect(report).toMatchObject({ verdict: 'complete', batches: { realtime: 1 } });
    expect(Date.parse(report.endedAt) - Date.parse(report.startedAt)).toBeLessThan(1.3 * hourMs);
  }));

test('`retryFailed` on a paused job sends finally failed items once more', () =>
  Site.with(server.env, 'again', {}, async (site) => {
    const row = (number: number) => ({ id: number, text: `${number > 60 ? '[[fail-once:400]]' : ''} ${number}` });
    const job = site.openaiJob(1, { poll, batch: { maxItems: 60, concurrency: 1 } });
    await site.start({ ...job, dataset: site.dataset(120, row) });
    await site.untilCreated(1);
    await site.update('pause');
    await site.update('retryFailed', { reasons: ['bad_request'] });
    await site.env.sleep(hourMs);
    await site.update('resume');
    const report = await site.result();
    await site.expectPaidOnce(report, 120);
    expect(report).toMatchObject({ verdict: 'complete', waves: 2, attempts: { 1: 60, 2: 60 } });
  }));

test('`retryFailed` changes nothing if nothing fails', () =>
  Site.with(server.env, 'nothing-failed', {}, async (site) => {
    await site.start(site.openaiJob(60, { poll }));
    await site.untilCreated(1);
    await site.update('retryFailed');
    const report = await site.result();
    await site.expectPaidOnce(report, 60);
    expect(report).toMatchObject({ verdict: 'complete', attempts: { 1: 60 } });
    expect((await site.control.counts()).batchesCreated).toBe(1);
  }));

test('a cancelled job merges every finished answer and ends as cancelled; its batches complete', () =>
  Site.with(server.env, 'cancel', { runMs: 30 * minuteMs }, async (site) => {
    const changes = { poll, batch: { maxItems: 60, concurrency: 1 }, retry: { rounds: 0 }, fallback: { lane: 'none' } };
    await site.start(site.openaiJob(180, changes));
    await site.untilStatus('one batch done', ({ batches }) => batches.done === 1, 5 * minuteMs);
    await site.untilCreated(2);
    await site.env.sleep(15 * minuteMs);
    await site.cancel('cancel/wave-1/batch-0002');
    expect(await site.failure()).toBe('CancelledFailure');
    const report = site.report();
    await site.expectPaidOnce(report, 180);
    expect(report).toMatchObject({
      cancelled: true,
      verdict: 'partial',
      errorsByReason: { cancelled: report.rows.failed },
    });
    expect(report.rows.answered).toBeGreaterThan(65);
    expect((await site.control.counts()).batchesByState).toEqual({ completed: 1, cancelled: 1 });
    const { status } = await site.client.workflow.getHandle('cancel/wave-1/batch-0002').describe();
    expect(status.name).toBe('COMPLETED');
    expect((await site.handle.describe()).status.name).toBe('CANCELLED');
  }));

test('`status` and the pages of `batches` show progress, and the report’s figures after the end', () =>
  Site.with(server.env, 'asked', { itemErrors: { rate400: 0.1, failTimes: 0 } }, async (site) => {
    await site.start(site.openaiJob(300, { poll, batch: { maxItems: 60, concurrency: 2 } }));
    await site.untilCreated(2);
    expect(await site.status()).toMatchObject({
      phase: 'running',
      wave: 1,
      rows: { accepted: 300 },
      batches: { planned: 5, open: 2 },
    });
    await site.env.sleep(2 * minuteMs);
    const running = await site.batches({ stage: 'running' });
    expect(running).toMatchObject({ total: 2, offset: 0, segments: [] });
    expect(running.batches.every(({ batchId }) => batchId?.startsWith('batch_'))).toBe(true);
    const report = await site.result();
    const after = await site.status();
    expect(after).toMatchObject({
      phase: 'done',
      items: { answered: report.rows.answered, underWay: 0, failed: report.rows.failed },
    });
    expect(report.rows.failed).toBeGreaterThan(0);
    const page = await site.batches({ offset: 3, limit: 2, stage: 'done' });
    expect(page).toMatchObject({ total: 5, offset: 3 });
    expect(page.batches.map(({ batch }) => batch)).toEqual([4, 5]);
    expect(page.batches.every(({ batchId, items }) => batchId !== null && items === 60)).toBe(true);
  }));
