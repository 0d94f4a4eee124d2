// While it is not known whether a create took effect, or while the provider does not answer: nothing is sent twice, and waits are bounded.

import { expect, test } from 'vitest';
import { timeSkippingServer } from '../../support/temporal.ts';
import { hourMs, minuteMs, Site } from '../site.ts';

const server = timeSkippingServer();
const poll = { initial: '1m', max: '5m' };
const list = 'openai.batches.list';
const refusedList = {
  'a refused key': { status: 401, body: '{"error":{"message":"no","code":"invalid_api_key"}}' },
  'a refused look': { status: 400, body: '{"error":{"message":"no","code":"invalid_request_error"}}' },
};

test.each(Object.entries(refusedList))(
  'a create without a reply, then %s, then the deadline: nothing is sent again before the batch is found',
  (what, fault) =>
    Site.with(
      server.env,
      `lost-${what.replaceAll(' ', '-')}`,
      { loseReply: { route: 'openai.batches.create', how: 'reset' }, runMs: 20 * minuteMs },
      async (site) => {
        await site.start(site.openaiJob(100, { poll, deadline: { job: '30m' } }));
        await site.untilCreated(1);
        await site.control.setOptions({ calls: { [list]: fault } });
        await site.env.sleep(2 * hourMs);
        expect(await site.status()).toMatchObject({ wave: 1, items: { answered: 0, underWay: 100 } });
        await site.control.setOptions({ calls: null });
        await site.update('resume');
        const report = await site.result();
        await site.expectPaidOnce(report, 100);
        expect(report).toMatchObject({ verdict: 'complete', waves: 1, batches: { count: 1, realtime: 0 } });
      },
    ),
);

test('output that the provider does not show for an hour is waited for and not paid for again', () =>
  Site.with(server.env, 'hidden', { batch: { outputNotFoundFor: 60 } }, async (site) => {
    const report = await site.run(site.openaiJob(60, { poll }));
    await site.expectPaidOnce(report, 60);
    expect(report).toMatchObject({ verdict: 'complete', waves: 1, batches: { count: 1 } });
  }));

test('if output never shows, its items are in doubt, and the provider’s files are kept', () =>
  Site.with(server.env, 'gone', { batch: { outputNotFoundFor: 1_000_000 } }, async (site) => {
    const report = await site.run(site.openaiJob(60, { poll }));
    await site.expectPaidOnce(report, 60);
    expect(report).toMatchObject({ verdict: 'none', waves: 1, errorsByReason: { in_doubt: 60 } });
    expect(await site.control.requests('openai.files.delete')).toEqual([]);
  }));

test('a batch that one poll out of many does not find is not given up', () =>
  Site.with(server.env, 'blink', { runMs: 3 * hourMs }, async (site) => {
    await site.start(site.openaiJob(60, { poll }));
    await site.untilCreated(1);
    await site.env.sleep(hourMs);
    await site.control.setOptions({ calls: { 'openai.batches.retrieve': { status: 404, times: 2 } } });
    const report = await site.result();
    await site.expectPaidOnce(report, 60);
    expect(report).toMatchObject({ verdict: 'complete', waves: 1 });
  }));

test('from the first poll that does not find a batch there is an alert, which ends when the batch is found again', () =>
  Site.with(server.env, 'unknown', { runMs: 3 * hourMs }, async (site) => {
    await site.start(site.openaiJob(60, { poll }));
    await site.untilCreated(1);
    await site.env.sleep(hourMs);
    const polls = async (): Promise<number> => (await site.control.requests('openai.batches.retrieve')).length;
    const readAlerts = async (): Promise<readonly string[]> => (await site.status()).alerts;
    expect(await readAlerts()).toEqual([]);
    const before = await polls();
    await site.control.setOptions({ vanishAll: true });
    while ((await polls()) === before) await site.env.sleep(minuteMs);
    await expect.poll(readAlerts).toEqual([expect.stringContaining('does not know a batch of this job')]);
    await site.control.setOptions({ vanishAll: null });
    await site.env.sleep(6 * minuteMs);
    await expect.poll(readAlerts).toEqual([]);
    const report = await site.result();
    await site.expectPaidOnce(report, 60);
    expect(report).toMatchObject({ verdict: 'complete', waves: 1 });
  }));

test('a key that is refused over a weekend costs nothing: after the fix, `resume` collects the finished answers', () =>
  Site.with(server.env, 'weekend', {}, async (site) => {
    await site.start(site.openaiJob(60, { poll }));
    await site.untilCreated(1);
    await site.control.setOptions({
      calls: {
        'openai.batches.retrieve': { status: 401, body: '{"error":{"message":"no","code":"invalid_api_key"}}' },
      },
    });
    await site.env.sleep(60 * hourMs);
    expect(await site.status()).toMatchObject({ phase: 'paused', pause: { reason: 'unauthorized' } });
    await site.control.setOptions({ calls: null });
    await site.update('resume');
    const report = await site.result();
    await site.expectPaidOnce(report, 60);
    expect(report).toMatchObject({ verdict: 'complete', waves: 1 });
  }));

test('if a provider refuses to cancel a late batch, only the polls decide how it ends', () =>
  Site.with(
    server.env,
    'no-cancel',
    { runMs: 3 * hourMs, calls: { 'openai.batches.cancel': { status: 404 } } },
    async (site) => {
      const report = await site.run(site.openaiJob(60, { poll, deadline: { batch: '1h' } }));
      await site.expectPaidOnce(report, 60);
      expect(report).toMatchObject({ verdict: 'complete', waves: 1, batches: { count: 1, realtime: 0 } });
    },
  ));

test('a refused upload gives its items back; before all of them are sent one by one, a person is asked', () =>
  Site.with(
    server.env,
    'refused-upload',
    { calls: { 'openai.files.create': { status: 400, body: '{"error":{"message":"no"}}' } } },
    async (site) => {
      await site.start(site.openaiJob(100, { poll, retry: { rounds: 1 } }));
      const { pauses, wave } = await site.untilStatus('paused', ({ phase }) => phase === 'paused');
      expect([pauses.map(({ reason }) => reason), wave]).toEqual([['refused'], 2]);
      await site.update('resume');
      const report = await site.result();
      await site.expectPaidOnce(report, 100);
      expect(report).toMatchObject({ verdict: 'complete', batches: { realtime: 1 } });
      expect((await site.events()).length).toBeLessThan(200);
    },
  ));

test('a create that waits for its next attempt is not attempted while the job is paused', () =>
  Site.with(server.env, 'paused-create', { calls: { 'openai.batches.create': { status: 503 } } }, async (site) => {
    await site.start(site.openaiJob(100, { poll }));
    await site.untilStatus('a create is tried', ({ batches }) => batches.open === 1);
    await site.env.sleep(5 * minuteMs);
    await site.update('pause');
    await site.env.sleep(5 * minuteMs);
    await site.control.setOptions({ calls: null });
    await site.env.sleep(2 * hourMs);
    expect((await site.control.counts()).batchesCreated).toBe(0);
    await site.update('resume');
    const report = await site.result();
    await site.expectPaidOnce(report, 100);
    expect(report).toMatchObject({ verdict: 'complete', waves: 1, batches: { count: 1 } });
  }));

test('a job that is cancelled while its provider does not answer ends, and its items are in doubt', () =>
  Site.with(server.env, 'down', { runMs: 22 * hourMs }, async (site) => {
    await site.start(site.openaiJob(100, { poll }));
    await site.untilCreated(1);
    await site.control.setOptions({ calls: { '*': { status: 503 } } });
    const askedAt = (await site.control.now()).nowMs;
    await site.cancel();
    expect(await site.failure()).toBe('CancelledFailure');
    const report = site.report();
    expect(report).toMatchObject({ cancelled: true, errorsByReason: { in_doubt: 100 } });
    expect(Date.parse(report.endedAt) - askedAt).toBeLessThan(3 * hourMs);
  }));

test('batches that wait for room notify the job once for each try, and try seldom', () =>
  Site.with(
    server.env,
    'no-room',
    {
      runMs: 20 * hourMs,
      calls: {
        'openai.batches.create': { status: 429, body: '{"error":{"code":"token_limit_exceeded","message":"no"}}' },
      },
    },
    async (site) => {
      await site.start(site.openaiJob(20, { poll, minBatchItems: 1, batch: { maxItems: 10 } }));
      await site.env.sleep(hourMs);
      await site.env.sleep(2 * hourMs);
      const signals = (await site.events()).filter((event) => event.workflowExecutionSignaledEventAttributes != null);
      // Two batches, and one of them again after 1, 3, 7, 15 and 30 minutes, and then every half hour.
      expect(signals.length).toBeLessThanOrEqual(2 + 5 + 6);
      await site.handle.terminate();
    },
  ));
