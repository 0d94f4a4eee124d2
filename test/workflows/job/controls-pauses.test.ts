// A pause is a set of reasons: who lifts which, whom a pause is signalled to, and what a job that only ends shows.

import { WorkflowUpdateFailedError } from '@temporalio/client';
import { expect, test } from 'vitest';
import type { JobStatus } from '../../../domain/progress/status.ts';
import { timeSkippingServer } from '../../support/temporal.ts';
import { deadline, hourMs, minuteMs, Site } from '../site.ts';

const server = timeSkippingServer();
const poll = { initial: '1m', max: '5m' };
const refusedKey = { status: 401, body: '{"error":{"message":"no","code":"invalid_api_key"}}' };
const dear = { poll, budget: { usd: 0.000001 }, batch: { maxItems: 60 } };

const listReasons = ({ pauses }: JobStatus): string[] => pauses.map(({ reason }) => reason);

async function countSignalsTo(site: Site): Promise<number> {
  const events = await site.events();
  return events.filter((event) => event.signalExternalWorkflowExecutionInitiatedEventAttributes != null).length;
}

async function countUploads(site: Site): Promise<number> {
  return (await site.control.counts()).requests['openai.files.create'] ?? 0;
}

test("a person's pause while the job waits for its budget outlives a larger budget", () =>
  Site.with(server.env, 'two-reasons', {}, async (site) => {
    await site.start(site.openaiJob(120, dear));
    await site.untilStatus('paused', ({ phase }) => phase === 'paused');
    const paused = await site.update('pause', { note: 'lunch' });
    expect(listReasons(paused)).toEqual(['budget', 'person']);
    expect(paused.pause).toEqual(paused.pauses[0]);
    expect(await site.update('setBudget', { usd: 10 })).toMatchObject({
      phase: 'paused',
      pause: { reason: 'person', note: 'lunch' },
      budgetUsd: 10,
    });
    await site.env.sleep(hourMs);
    expect(await countUploads(site)).toBe(0);
    expect(await site.update('resume')).toMatchObject({ phase: 'running', pause: null, pauses: [] });
    const report = await site.result();
    await site.expectPaidOnce(report, 120);
    expect(report.verdict).toBe('complete');
  }));

test('`resume` lifts every reason except the budget, and lists what still holds', () =>
  Site.with(server.env, 'resume-budget', {}, async (site) => {
    await site.start(site.openaiJob(120, dear));
    const { pauses } = await site.untilStatus('paused', ({ phase }) => phase === 'paused');
    await site.update('pause');
    expect(await site.update('resume')).toMatchObject({ phase: 'paused', pauses });
    await site.env.sleep(hourMs);
    expect(await countUploads(site)).toBe(0);
    await site.update('setBudget', { usd: null });
    expect((await site.result()).verdict).toBe('complete');
  }));

test('a reason that `resume` lifts comes back if its cause is not fixed', () =>
  Site.with(server.env, 'comes-back', { calls: { 'openai.batches.create': refusedKey } }, async (site) => {
    await site.start(site.openaiJob(60, { poll }));
    const first = await site.untilStatus('paused', ({ phase }) => phase === 'paused', minuteMs);
    await site.update('pause');
    expect(listReasons(await site.status())).toEqual(['unauthorized', 'person']);
    expect(await site.update('setBudget', { usd: 10 })).toMatchObject({ pauses: [{}, {}] });
    await site.update('resume');
    const again = await site.untilStatus('paused again', ({ phase }) => phase === 'paused', minuteMs);
    expect(listReasons(again)).toEqual(['unauthorized']);
    expect(again.pause?.since).toBeGreaterThan(first.pause?.since ?? Number.POSITIVE_INFINITY);
    await site.control.setOptions({ calls: null });
    await site.update('resume');
    expect((await site.result()).verdict).toBe('complete');
  }));

test(
  'a request for a state that already holds notifies nobody, and a pause notifies no batch that is created',
  () =>
    Site.with(server.env, 'five-pauses', { runMs: 2 * hourMs }, async (site) => {
      const batch = { maxItems: 2, concurrency: 40 };
      const rarely = { initial: '10m', max: '3h' };
      await site.start(site.openaiJob(80, { poll: rarely, batch, minBatchItems: 1 }));
      await site.untilStatus('40 polled', ({ batches }) => batches.byStage.running === 40, 5 * minuteMs);
      const before = (await site.events()).length;
      for (let pause = 0; pause < 5; pause += 1) await site.update('pause');
      // Accepted, completed, and a workflow task of three events, for each. The first one shows the pause in lists too: two events.
      expect((await site.events()).length - before).toBeLessThanOrEqual(5 * 5 + 2);
      expect(await countSignalsTo(site)).toBe(0);
      await site.update('setConcurrency', { concurrency: 40 });
      await site.update('setBudget', { usd: null });
      await site.update('setDeadline', { batch: '20h' });
      expect(await countSignalsTo(site)).toBe(0);
      await site.update('resume');
      await site.update('resume');
      // No batch knows of the pause.
      expect(await countSignalsTo(site)).toBe(0);
      expect((await site.result()).verdict).toBe('complete');
    }),
  120_000,
);

test('a batch that fails unrun while the job is paused is not created again before `resume`', () => {
  const failWith = { code: 'token_limit_exceeded', message: 'full' };
  const options = { validateMs: 30 * minuteMs, batch: { failWith, first: 1 } };
  return Site.with(server.env, 'unrun-paused', options, async (site) => {
    await site.start(site.openaiJob(60, { poll }));
    await site.untilStatus('polled', ({ batches }) => batches.byStage.validating === 1, minuteMs);
    await site.update('pause');
    expect(await countSignalsTo(site)).toBe(0);
    await site.env.sleep(3 * hourMs);
    expect((await site.control.counts()).batchesCreated).toBe(1);
    expect((await site.status()).batches.byStage).toEqual({ waiting: 1 });
    await site.update('resume');
    const report = await site.result();
    await site.expectPaidOnce(report, 60);
    expect(report.verdict).toBe('complete');
    expect((await site.control.counts()).batchesCreated).toBe(2);
  });
});

test('a job that is cancelled while it is paused shows its phase, not the pause', () =>
  Site.with(server.env, 'paused-cancelled', { runMs: 2 * hourMs }, async (site) => {
    await site.start(site.openaiJob(60, { poll }));
    await site.untilCreated(1);
    await site.update('pause');
    await site.cancel();
    expect(await site.status()).toMatchObject({ phase: 'cancelling', pause: null, pauses: [] });
    expect(await site.failure()).toBe('CancelledFailure');
    expect(await site.status()).toMatchObject({ phase: 'done', pause: null, pauses: [], alerts: [] });
  }));

test('a job that passes its deadline while it is paused shows its phase, and refuses another deadline', () =>
  Site.with(server.env, 'paused-late', { runMs: 22 * hourMs, cancelMs: 30 * minuteMs }, async (site) => {
    await site.start(site.openaiJob(60, { poll, deadline: deadline('fail', { job: '2h' }) }));
    await site.untilCreated(1);
    await site.update('pause');
    expect(await site.status()).toMatchObject({ phase: 'paused', pause: { reason: 'person' } });
    await site.untilStatus('past its deadline', ({ phase }) => phase === 'running', 10 * minuteMs);
    expect(await site.status()).toMatchObject({ pause: null, pauses: [] });
    const error: unknown = await site.update('setDeadline', { job: '30h' }).catch((failure: unknown) => failure);
    const words = error instanceof WorkflowUpdateFailedError ? error.cause?.message : 'accepted';
    expect(words).toContain("the job's deadline has passed");
    const report = await site.result();
    await site.expectPaidOnce(report, 60);
    expect(await site.status()).toMatchObject({ phase: 'done', pause: null, pauses: [] });
  }));
