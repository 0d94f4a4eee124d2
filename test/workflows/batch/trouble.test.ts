// Trouble that only a person can end, and faults that end by themselves: nothing is lost, and nothing is paid for twice.

import { expect, test } from 'vitest';
import type { OptionsInput } from '../../../emulator/faults/options.ts';
import { timeSkippingServer } from '../../support/temporal.ts';
import { hourMs, minuteMs, Site } from '../site.ts';

const server = timeSkippingServer();
const poll = { initial: '1m', max: '5m' };
const refusedKey = { status: 401, body: '{"error":{"message":"no","code":"invalid_api_key"}}' };

interface Trouble {
  readonly name: string;
  readonly fault: OptionsInput;
  readonly fixed: Parameters<Site['control']['setOptions']>[0];
  readonly reason: string;
}

const troubles: readonly Trouble[] = [
  {
    name: 'an upload refused for its key',
    fault: { calls: { 'openai.files.create': refusedKey } },
    fixed: { calls: null },
    reason: 'unauthorized',
  },
  {
    name: 'a create refused for its key',
    fault: { calls: { 'openai.batches.create': refusedKey } },
    fixed: { calls: null },
    reason: 'unauthorized',
  },
  {
    name: 'a look refused for its key',
    fault: { calls: { 'openai.batches.retrieve': refusedKey } },
    fixed: { calls: null },
    reason: 'unauthorized',
  },
  {
    name: 'a download refused for its key',
    fault: { calls: { 'openai.files.content': { ...refusedKey, status: 403 } } },
    fixed: { calls: null },
    reason: 'forbidden',
  },
  { name: 'a create without credit', fault: { money: { openai: {} } }, fixed: { money: null }, reason: 'no_money' },
  {
    name: 'a batch that fails for lack of credit',
    fault: { batch: { failWith: { code: 'insufficient_quota', message: 'no' } } },
    fixed: { batch: null },
    reason: 'no_money',
  },
];

const slug = (name: string): string => name.toLowerCase().replaceAll(' ', '-');

test.each(troubles)('$name pauses the job; after the fix `resume` loses nothing and pays nothing twice', (trouble) =>
  Site.with(server.env, slug(trouble.name), trouble.fault, async (site) => {
    await site.start(site.openaiJob(120, { poll, batch: { maxItems: 60 } }));
    const paused = await site.untilStatus('paused', ({ phase }) => phase === 'paused', minuteMs);
    expect(paused.pause?.reason).toBe(trouble.reason);
    expect(paused.alerts.join()).toContain('then resume');
    await site.env.sleep(2 * hourMs);
    const waiting = await site.batches({ stage: 'waiting' });
    expect(waiting.batches.every(({ trouble: met }) => met === trouble.reason)).toBe(true);
    expect(waiting.total).toBeGreaterThan(0);
    expect(waiting.batches.every(({ batchId }) => batchId === null || batchId.startsWith('batch_'))).toBe(true);
    await site.control.setOptions(trouble.fixed);
    expect(await site.update('resume')).toMatchObject({ pause: null });
    const report = await site.result();
    await site.expectPaidOnce(report, 120);
    expect(report).toMatchObject({ verdict: 'complete', waves: 1, attempts: { 1: 120 } });
  }),
);

test.each(troubles.slice(0, 5))('a job that $name holds up can be cancelled', (trouble) =>
  Site.with(server.env, `cancelled-${slug(trouble.name)}`, trouble.fault, async (site) => {
    await site.start(site.openaiJob(120, { poll }));
    await site.untilStatus('paused', ({ phase }) => phase === 'paused', minuteMs);
    await site.cancel();
    expect(await site.failure()).toBe('CancelledFailure');
    const report = site.report();
    await site.expectPaidOnce(report, 120);
    expect(report.cancelled).toBe(true);
  }),
);

test('a batch refused for its tokens waits for room, in the same wave, under the next ordinal, and uses up no attempt', () =>
  Site.with(
    server.env,
    'capacity',
    { batch: { failWith: { code: 'token_limit_exceeded', message: 'full' }, first: 2 } },
    async (site) => {
      const report = await site.run(site.openaiJob(60, { poll }));
      await site.expectPaidOnce(report, 60);
      expect(report).toMatchObject({ verdict: 'complete', waves: 1, attempts: { 1: 60 } });
      expect((await site.control.counts()).batchesCreated).toBe(3);
      expect((await site.control.counts()).requests['openai.files.create']).toBe(1);
      // One minute and then two, while no batch of the job runs.
      expect(await site.timers('capacity')).toEqual(expect.arrayContaining([60_000, 120_000]));
    },
  ));

test('if a provider never has room, the fallback answers after the deadline', () =>
  Site.with(
    server.env,
    'no-room',
    { batch: { failWith: { code: 'token_limit_exceeded', message: 'full' } } },
    async (site) => {
      const report = await site.run(site.openaiJob(60, { poll, deadline: { job: '1h', batch: '10m' } }));
      await site.expectPaidOnce(report, 60);
      expect(report).toMatchObject({ verdict: 'complete', waves: 2, batches: { realtime: 1 } });
    },
  ));

const calls = ['openai.files.create', 'openai.batches.create', 'openai.batches.retrieve', 'openai.files.content'];

test.each([
  { fault: 'rate limits with Retry-After', call: { status: 429, times: 2, retryAfter: 1800 }, atLeastMs: hourMs },
  { fault: 'server errors', call: { status: 503, times: 3 }, atLeastMs: 3 * minuteMs },
])('$fault on every call are waited out, as long as asked', ({ fault, call, atLeastMs }) =>
  Site.with(
    server.env,
    slug(fault),
    { calls: Object.fromEntries(calls.map((route) => [route, call])) },
    async (site) => {
      const report = await site.run(site.openaiJob(60, { poll }));
      await site.expectPaidOnce(report, 60);
      expect(report).toMatchObject({ verdict: 'complete', waves: 1 });
      expect((await site.control.counts()).batchesCreated).toBe(1);
      expect(Date.parse(report.endedAt) - Date.parse(report.startedAt)).toBeGreaterThan(calls.length * atLeastMs);
    },
  ),
);
