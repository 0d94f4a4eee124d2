// Workers whose clocks are wrong by hours, or are set while a create is open whose reply was lost: one batch, and no wait of hours.

import { expect, test } from 'vitest';
import { timeSkippingServer } from '../../support/temporal.ts';
import { hourMs, minuteMs, Site } from '../site.ts';

const server = timeSkippingServer();

/** Right for the first reads, then set back by five hours. */
function setBack(): (serverMs: number) => number {
  let reads = 0;
  return (serverMs) => {
    reads += 1;
    return reads > 3 ? serverMs - 5 * hourMs : serverMs;
  };
}

test.each([
  ['ahead', (serverMs: number) => serverMs + 5 * hourMs],
  ['behind', (serverMs: number) => serverMs - 5 * hourMs],
  ['set-back', setBack()],
])(
  'a worker’s clock is %s by hours, and the reply to a create is lost: the batch is found within minutes',
  (name, workerClock) =>
    Site.with(
      server.env,
      `clock-${name}`,
      { workerClock, loseReply: { route: 'openai.batches.create', how: 'reset' }, runMs: 20 * minuteMs },
      async (site) => {
        const report = await site.run(site.openaiJob(100, { poll: { initial: '1m', max: '5m' } }));
        await site.expectPaidOnce(report, 100);
        expect(report).toMatchObject({ verdict: 'complete', waves: 1, batches: { count: 1, realtime: 0 } });
        expect((await site.control.counts()).batchesCreated).toBe(1);
        expect(Date.parse(report.endedAt) - Date.parse(report.startedAt)).toBeLessThan(hourMs);
      },
    ),
);
