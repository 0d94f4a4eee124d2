// A provider that finds none of a job's batches, as with the API key of another account: a person is asked before any row is given up.

import { expect, test } from 'vitest';
import { timeSkippingServer } from '../../support/temporal.ts';
import { hourMs, minuteMs, Site } from '../site.ts';

const server = timeSkippingServer();
const twoBatches = { poll: { initial: '1m', max: '5m' }, batch: { maxItems: 60 } };

/** Starts a job of two batches, which both vanish while they run, and lets ten hours pass: longer than one that is not found is waited for. */
async function loseAll(site: Site): Promise<void> {
  await site.start(site.openaiJob(120, twoBatches));
  await site.untilCreated(2);
  await site.control.setOptions({ vanishAll: true });
  const paused = await site.untilStatus('paused', ({ phase }) => phase === 'paused', minuteMs);
  expect(paused.pause).toMatchObject({ reason: 'wrong_account' });
  expect(paused.alerts.join()).toContain("the provider knows none of this job's batches");
  await site.env.sleep(10 * hourMs);
  expect(await site.status()).toMatchObject({ phase: 'paused', items: { answered: 0, underWay: 120 } });
  const waiting = await site.batches({ stage: 'waiting' });
  expect(waiting.batches.map(({ trouble }) => trouble)).toEqual(['wrong_account', 'wrong_account']);
}

test('a key of another account pauses the job; with the right one, `resume` collects every answer', () =>
  Site.with(server.env, 'other-account', { runMs: hourMs }, async (site) => {
    await loseAll(site);
    await site.control.setOptions({ vanishAll: null });
    expect(await site.update('resume')).toMatchObject({ pause: null });
    const report = await site.result();
    await site.expectPaidOnce(report, 120);
    expect(report).toMatchObject({ verdict: 'complete', waves: 1, attempts: { 1: 120 } });
    expect((await site.control.counts()).batchesCreated).toBe(2);
  }));

test('a create without a reply is not given up with a key of another account, and its batch is found with the right one', () =>
  Site.with(
    server.env,
    'other-account-find',
    {
      loseReply: { route: 'openai.batches.create', how: 'reset' },
      runMs: hourMs,
      variables: { OPENAI_API_KEY: 'a-key' },
    },
    async (site) => {
      await site.start(site.openaiJob(60, twoBatches));
      await site.untilCreated(1);
      await site.control.setOptions({ keys: { 'a-key': 'somebody else' } });
      await site.untilStatus('paused', ({ phase }) => phase === 'paused', minuteMs);
      expect(await site.status()).toMatchObject({ pause: { reason: 'wrong_account' }, items: { underWay: 60 } });
      await site.env.sleep(10 * hourMs);
      await site.control.setOptions({ keys: null });
      await site.update('resume');
      const report = await site.result();
      await site.expectPaidOnce(report, 60);
      expect(report).toMatchObject({ verdict: 'complete', waves: 1 });
      expect((await site.control.counts()).batchesCreated).toBe(1);
    },
  ));

const loseOneCreate = {
  loseReply: { route: 'anthropic.batches.create', how: 'reset' },
  runMs: hourMs,
  variables: { ANTHROPIC_API_KEY: 'a-key' },
} as const;

/** The reply to the create is lost, and the worker gets the key of another account. */
async function pauseWithOtherKey(site: Site): Promise<void> {
  const request = { messages: [{ role: 'user', content: '{{ text }}' }], max_tokens: 16 };
  await site.start({ ...site.openaiJob(60), provider: 'anthropic', model: 'claude-haiku-4-5', request });
  await site.untilCreated(1);
  site.newVariables = { ANTHROPIC_API_KEY: 'b-key' };
  await site.untilStatus('paused', ({ phase }) => phase === 'paused', minuteMs);
}

test('a create without a reply is not sent again with the key of an account that shows nothing of the job', () =>
  Site.with(server.env, 'other-key', loseOneCreate, async (site) => {
    await pauseWithOtherKey(site);
    expect(await site.status()).toMatchObject({ pause: { reason: 'wrong_account' }, items: { underWay: 60 } });
    site.newVariables = { ANTHROPIC_API_KEY: 'a-key' };
    await site.update('resume');
    const report = await site.result();
    await site.expectPaidOnce(report, 60);
    expect(report).toMatchObject({ verdict: 'complete', waves: 1 });
    expect((await site.control.counts()).batchesCreated).toBe(1);
  }));

test('if somebody resumes without the key that made the batch, its rows are in doubt', () =>
  Site.with(server.env, 'other-key-resumed', loseOneCreate, async (site) => {
    await pauseWithOtherKey(site);
    await site.update('resume');
    expect(await site.result()).toMatchObject({ verdict: 'none', waves: 1, errorsByReason: { in_doubt: 60 } });
    expect((await site.control.counts()).batchesCreated).toBe(1);
  }));

test('if the batches are gone for good, `resume` lets the job end after six hours, and their rows are in doubt', () =>
  Site.with(server.env, 'gone-for-good', { runMs: hourMs }, async (site) => {
    await loseAll(site);
    const resumedAt = await site.env.currentTimeMs();
    await site.update('resume');
    const report = await site.result();
    await site.expectPaidOnce(report, 120);
    expect(report).toMatchObject({ verdict: 'none', waves: 1, errorsByReason: { in_doubt: 120 } });
    expect((await site.control.counts()).batchesCreated).toBe(2);
    const hours = (Date.parse(report.endedAt) - resumedAt) / hourMs;
    expect(hours).toBeGreaterThan(5.9);
    expect(hours).toBeLessThan(7);
  }));

test('one batch of two that is not found is given up after its time, and nobody is asked', () =>
  Site.with(server.env, 'one-gone', { batch: { vanish: true, first: 1 }, runMs: hourMs }, async (site) => {
    const report = await site.run(site.openaiJob(120, twoBatches));
    await site.expectPaidOnce(report, 120);
    expect(report).toMatchObject({ verdict: 'partial', waves: 1, errorsByReason: { in_doubt: 60 } });
  }));
