// A provider with room for fewer batches than a job has: the job uses what there is, wastes few creates, and uploads nothing twice.

import { expect, test } from 'vitest';
import { timeSkippingServer } from '../../support/temporal.ts';
import { hourMs, minuteMs, Site } from '../site.ts';

const server = timeSkippingServer();
const poll = { initial: '1m', max: '5m' };
const batch = { maxItems: 20, concurrency: 10 };
const job = { poll, batch, minBatchItems: 1 };

/** Tokens of a batch of 20 items, as the emulator counts them. */
const batchTokens = 20 * 17;

async function countCalls(site: Site): Promise<{ uploads: number; creates: number }> {
  const { requests } = await site.control.counts();
  return { uploads: requests['openai.files.create'] ?? 0, creates: requests['openai.batches.create'] ?? 0 };
}

test.each([
  {
    what: 'ten batches, room for one and a half',
    name: 'narrow',
    batches: 10,
    room: 1.6,
    creates: 15,
    runMs: 20 * minuteMs,
  },
  { what: 'six batches, room for two', name: 'two-of-six', batches: 6, room: 2.3, creates: 11, runMs: 5 * minuteMs },
])('$what', ({ name, batches, room, creates, runMs }) =>
  Site.with(server.env, name, { limits: { tokens: Math.floor(room * batchTokens) }, runMs }, async (site) => {
    const report = await site.run(site.openaiJob(20 * batches, job));
    await site.expectPaidOnce(report, 20 * batches);
    expect(report).toMatchObject({
      verdict: 'complete',
      waves: 1,
      attempts: { 1: 20 * batches },
      batches: { realtime: 0 },
    });
    const made = await countCalls(site);
    expect(made.uploads).toBe(batches);
    expect(made.creates).toBeLessThanOrEqual(creates);
    const rounds = Math.ceil(batches / Math.floor(room));
    const [start, end] = await readSpan(site);
    // A round takes a batch's own time and a poll or two.
    expect(end - start).toBeLessThan(rounds * (runMs + 8 * minuteMs));
  }),
);

test.each([
  { name: 'at-create', limits: { tokens: 2 * batchTokens + 50, tokensRefusedAt: 'create' } },
  { name: 'unnamed', limits: { tokens: 2 * batchTokens + 50, tokensMessage: 'unnamed' } },
  { name: 'rounded', limits: { tokens: 2 * batchTokens + 50, tokensMessage: 'rounded' } },
  { name: 'batches', limits: { batches: 2 } },
  { name: 'others', limits: { tokens: 4 * batchTokens, others: { tokens: 4 * batchTokens, forMs: hourMs } } },
] as const)(
  'no room, $name: every batch is answered in the batch lane, and nothing is uploaded twice',
  ({ name, limits }) =>
    Site.with(server.env, name, { limits, runMs: 5 * minuteMs }, async (site) => {
      const report = await site.run(site.openaiJob(120, job));
      await site.expectPaidOnce(report, 120);
      expect(report).toMatchObject({ verdict: 'complete', waves: 1, attempts: { 1: 120 }, batches: { realtime: 0 } });
      const made = await countCalls(site);
      expect(made.uploads).toBe(6);
      expect(made.creates).toBeLessThanOrEqual(15);
    }),
);

test('the end of a batch at Anthropic makes room for the next one', () =>
  Site.with(server.env, 'anthropic-queue', { limits: { requests: 45 }, runMs: 5 * minuteMs }, async (site) => {
    const { request: _, ...rest } = site.openaiJob(120, job);
    const request = { messages: [{ role: 'user', content: '{{ text }}' }], max_tokens: 16 };
    const report = await site.run({ ...rest, provider: 'anthropic', model: 'claude-haiku-4-5', request });
    await site.expectPaidOnce(report, 120);
    expect(report).toMatchObject({ verdict: 'complete', waves: 1, batches: { realtime: 0 } });
    expect((await site.control.counts()).requests['anthropic.batches.create']).toBeLessThanOrEqual(15);
  }));

test('batches that end before anybody saw them run count as accepted: the rounds of creates grow', () =>
  Site.with(server.env, 'quick', { runMs: 1000 }, async (site) => {
    const report = await site.run(
      site.openaiJob(100, { ...job, batch: { maxItems: 5, concurrency: 20 }, poll: { initial: '5m', max: '5m' } }),
    );
    await site.expectPaidOnce(report, 100);
    const { batches } = await site.control.items();
    const starts = batches.map(({ createdAtMs }) => createdAtMs);
    // Rounds of 2, 4, 8 and 6, each five minutes after the one before; rounds of two would take ten.
    expect(Math.max(...starts) - Math.min(...starts)).toBeLessThan(20 * minuteMs);
  }));

test('what waits says so: the model, what is in use and the limit that the provider named', () =>
  Site.with(server.env, 'says-so', { limits: { tokens: batchTokens }, runMs: hourMs }, async (site) => {
    await site.start(site.openaiJob(100, job));
    const { capacity } = await site.untilStatus('capacity', (status) => status.capacity.length > 0, minuteMs);
    expect(capacity).toMatchObject([{ model: 'gpt-5.4-mini', named: { unit: 'tokens', limit: batchTokens } }]);
    const { batches } = await site.untilStatus(
      'waiting',
      (status) => (status.batches.byStage.waiting ?? 0) > 0,
      minuteMs,
    );
    expect(batches.byStage.waiting).toBeGreaterThan(0);
    await site.control.setOptions({ limits: null });
    await site.expectPaidOnce(await site.result(), 100);
  }));

test('a batch that no room is ever large enough for is sent in smaller ones, in no round', () =>
  Site.with(server.env, 'too-large', { limits: { tokens: 200 }, runMs: 5 * minuteMs }, async (site) => {
    const report = await site.run(site.openaiJob(40, { ...job, retry: { rounds: 0 }, fallback: { lane: 'none' } }));
    await site.expectPaidOnce(report, 40);
    expect(report).toMatchObject({ verdict: 'complete', waves: 2, attempts: { 1: 40 }, batches: { realtime: 0 } });
  }));

test('a body that is too large is cut until it is taken; a row that is too large alone fails', () =>
  Site.with(server.env, 'body', { calls: { 'openai.files.create': { status: 413 } } }, async (site) => {
    await site.start(site.openaiJob(8, { ...job, retry: { rounds: 0 }, fallback: { lane: 'none' } }));
    await site.untilStatus('split', ({ waveKind }) => waveKind === 'split', 1000);
    await site.untilStatus('alone', ({ wave }) => wave >= 4, 1000);
    const report = await site.result();
    expect(report).toMatchObject({
      verdict: 'none',
      rows: { answered: 0, failed: 8 },
      errorsByReason: { too_large: 8 },
      attempts: { 0: 8 },
    });
    expect((await site.control.counts()).batchesCreated).toBe(0);
  }));

test('a job of segments shares the room, and carries what it knows of it into its next run', () =>
  Site.with(
    server.env,
    'segmented',
    { limits: { tokens: 2 * batchTokens }, runMs: 10 * minuteMs, batchesPerSegment: 3, historyEventsMax: 150 },
    async (site) => {
      const report = await site.run(site.openaiJob(100, { ...job, poll: { initial: '5m', max: '5m' } }));
      await site.expectPaidOnce(report, 100);
      expect(report).toMatchObject({ verdict: 'complete', batches: { realtime: 0 } });
      expect((await countCalls(site)).uploads).toBe(5);
    },
  ));

test('a job that is cancelled while its batches wait for room ends immediately', () =>
  Site.with(server.env, 'cancel-cramped', { limits: { tokens: 1 }, runMs: hourMs }, async (site) => {
    await site.start(site.openaiJob(60, job));
    await site.untilStatus('waiting', (status) => (status.batches.byStage.waiting ?? 0) > 0, minuteMs);
    await site.handle.cancel();
    expect(await site.failure()).toBe('CancelledFailure');
    expect(site.report()).toMatchObject({ rows: { answered: 0, failed: 60 }, cost: { usd: 0 } });
  }));

/** When the job began and ended. */
async function readSpan(site: Site): Promise<readonly [number, number]> {
  const { startTime, closeTime } = await site.handle.describe();
  return [startTime.getTime(), closeTime?.getTime() ?? Number.NaN];
}
