// Waiting for a provider: the number of polls, the length of a history, and the output of a batch that did not finish.

import { expect, test } from 'vitest';
import { timeSkippingServer } from '../../support/temporal.ts';
import { hourMs, minuteMs, Site } from '../site.ts';

const server = timeSkippingServer();
const eventsPerLook = 11;

test('a batch of ten minutes is polled fewer than 12 times', () =>
  Site.with(server.env, 'ten-minutes', { runMs: 10 * minuteMs }, async (site) => {
    const report = await site.run(site.openaiJob(60));
    await site.expectPaidOnce(report, 60);
    expect(report.verdict).toBe('complete');
    expect(report.batches.polls).toBeLessThan(12);
  }));

test('the answers of an expired batch are collected, the next wave sends the rest, and its history stays small', () =>
  Site.with(
    server.env,
    'a-day',
    { runMs: 24 * hourMs, batch: { endAs: 'expired', partial: 0.5, first: 1 } },
    async (site) => {
      await site.start(site.openaiJob(200, { deadline: { batch: '26h' } }));
      await site.env.sleep(23 * hourMs);
      await site.control.setOptions({ runMs: minuteMs });
      const report = await site.result();
      await site.expectPaidOnce(report, 200);
      expect(report).toMatchObject({ verdict: 'complete', waves: 2, batches: { count: 2, realtime: 0 } });
      expect(report.attempts['1']).toBeGreaterThan(60);
      expect(report.attempts['2']).toBeGreaterThan(60);
      const events = await site.events('a-day/wave-1/batch-0001');
      const looks = events.filter(
        ({ activityTaskScheduledEventAttributes: activity }) => activity?.activityType?.name === 'look',
      ).length;
      expect(looks).toBeGreaterThan(280);
      expect(looks).toBeLessThan(310);
      expect(events.length).toBeLessThan(60 + eventsPerLook * looks);
    },
  ));
