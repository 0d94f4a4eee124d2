// Capacity that is short in awkward ways: nothing waits for ever, nothing is split or failed without need, and what may run runs.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { timeSkippingServer } from '../../support/temporal.ts';
import { deadline, hourMs, minuteMs, Site } from '../site.ts';

const server = timeSkippingServer();
const poll = { initial: '1m', max: '5m' };
const batch = { maxItems: 20, concurrency: 10 };
const job = { poll, batch, minBatchItems: 1 };
const nothingFits = { tokens: 1, tokensMessage: 'unnamed' } as const;

const rows = (model: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => {
    const body = { model, max_completion_tokens: 16, messages: [{ role: 'user', content: `${model} ${index}` }] };
    return JSON.stringify({ custom_id: `${model}-${index}`, method: 'POST', url: '/v1/chat/completions', body });
  });

test('after its deadline a job without room ends immediately, with all the batches that it never started', () =>
  Site.with(server.env, 'late-cramped', { limits: nothingFits }, async (site) => {
    const report = await site.run(
      site.openaiJob(200, { ...job, fallback: { lane: 'none' }, deadline: deadline('fail', { job: '2h' }) }),
    );
    await site.expectPaidOnce(report, 200);
    expect(Date.parse(report.endedAt) - Date.parse(report.startedAt)).toBeLessThan(2.2 * hourMs);
    expect(report.rows.failed).toBe(200);
  }));

test('a model without room does not hold up the batches of another model', () =>
  Site.with(
    server.env,
    'two-models',
    { limits: { tokens: { 'gpt-5.4-mini': 1 }, tokensMessage: 'unnamed' } },
    async (site) => {
      const lines = [...rows('gpt-5.4-mini', 300), ...rows('gpt-5.4-nano', 80)];
      writeFileSync(join(site.root, 'lines.jsonl'), `${lines.join('\n')}\n`);
      await site.start({ dataset: 'lines.jsonl', provider: 'openai', ...job });
      await site.untilStatus('the other model is answered', ({ items }) => items.answered === 80, minuteMs);
      await site.control.setOptions({ limits: null });
      await site.expectPaidOnce(await site.result(), 380);
    },
  ));

test.each([
  ['30k', 'small'],
  ['30 K', 'spaced'],
  ['30 thousand', 'words'],
])('a limit of %s that others use up for an hour splits nothing', (limit, name) =>
  Site.with(
    server.env,
    name,
    {
      calls: {
        'openai.batches.create': {
          status: 429,
          code: 'token_limit_exceeded',
          message: `The number of enqueued tokens has surpassed the configured limit of ${limit} for the deployment gpt-5.4-mini.`,
        },
      },
    },
    async (site) => {
      await site.start(site.openaiJob(60, { ...job, retry: { rounds: 0 }, fallback: { lane: 'none' } }));
      await site.env.sleep(hourMs);
      await site.control.setOptions({ calls: null });
      const report = await site.result();
      await site.expectPaidOnce(report, 60);
      expect(report).toMatchObject({ verdict: 'complete', waves: 1, batches: { count: 3 } });
    },
  ),
);

test('a request that is refused by words about a queue of its own is not a lack of room', () =>
  Site.with(
    server.env,
    'queue-word',
    {
      calls: {
        'anthropic.batches.create': {
          status: 400,
          type: 'invalid_request_error',
          message: 'requests.0.params.tools.0.name: "queue_ticket!" does not match the pattern',
        },
      },
    },
    async (site) => {
      const { request: _, ...rest } = site.openaiJob(40, { ...job, retry: { rounds: 0 }, fallback: { lane: 'none' } });
      const request = { messages: [{ role: 'user', content: '{{ text }}' }], max_tokens: 16 };
      const report = await site.run({
        ...rest,
        provider: 'anthropic',
        model: 'claude-haiku-4-5',
        request,
        deadline: deadline('fail', { job: '10h' }),
      });
      expect(report.errorsByReason).toEqual({ batch_failed: 40 });
      expect(Date.parse(report.endedAt) - Date.parse(report.startedAt)).toBeLessThan(hourMs);
    },
  ));

test('a batch that is cut in smaller ones stays in the batch lane', () =>
  Site.with(server.env, 'cut-small', { limits: { tokens: 40 * 17 } }, async (site) => {
    const { minBatchItems: _, ...usual } = job;
    const report = await site.run(site.openaiJob(100, { ...usual, batch: { maxItems: 100 } }));
    await site.expectPaidOnce(report, 100);
    expect(report).toMatchObject({ verdict: 'complete', batches: { realtime: 0 } });
  }));

test('a pause while batches wait for room gives room to none of them', () =>
  Site.with(server.env, 'paused-cramped', { limits: nothingFits }, async (site) => {
    await site.start(site.openaiJob(600, { ...job, batch: { maxItems: 20, concurrency: 30 } }));
    await site.untilStatus('waiting', (status) => (status.batches.byStage.waiting ?? 0) >= 3, minuteMs);
    await site.update('pause');
    await site.env.sleep(48 * hourMs);
    const before = (await site.control.counts()).requests['openai.batches.create'] ?? 0;
    const { capacity } = await site.status();
    expect(capacity[0]).toMatchObject({ inUse: { batches: 0 } });
    await site.update('resume');
    await site.env.sleep(5 * minuteMs);
    const after = (await site.control.counts()).requests['openai.batches.create'] ?? 0;
    expect(after - before).toBeLessThanOrEqual(2);
    await site.control.setOptions({ limits: null });
    await site.expectPaidOnce(await site.result(), 600);
  }));

test('a job that waits for room for a day says that nothing moves, and not that a batch is open for long', () =>
  Site.with(server.env, 'long-wait', { validateMs: 2 * minuteMs, limits: nothingFits }, async (site) => {
    await site.start(site.openaiJob(20, job));
    await site.untilStatus('waiting', (status) => status.capacity.length > 0, minuteMs);
    await site.env.sleep(30 * hourMs);
    const { alerts, nextLookAt } = await site.untilStatus(
      'it waits again',
      ({ batches }) => batches.byStage.waiting === 1,
      minuteMs,
    );
    expect({ alerts, nextLookAt }).toEqual({ alerts: ['nothing has moved for over 6 hours'], nextLookAt: null });
    await site.control.setOptions({ limits: null });
    await site.expectPaidOnce(await site.result(), 20);
  }));

test('the status of a job of segments shows no want of room any more when there is room', () =>
  Site.with(
    server.env,
    'segment-status',
    { batchesPerSegment: 3, runMs: 3 * hourMs, limits: nothingFits },
    async (site) => {
      await site.start(site.openaiJob(80, job));
      await site.untilStatus('waiting', (status) => status.capacity.length > 0, minuteMs);
      await site.control.setOptions({ limits: null });
      await site.env.sleep(2 * hourMs);
      const { capacity, batches } = await site.status();
      expect(batches.byStage.running).toBeGreaterThan(0);
      expect(capacity.reduce((sum, { waiting }) => sum + waiting, 0)).toBe(0);
      await site.expectPaidOnce(await site.result(), 80);
    },
  ));
