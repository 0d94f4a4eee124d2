// A provider that refuses every batch for the same reason: the job pauses, and does not send its dataset some other way.

import { expect, test } from 'vitest';
import { timeSkippingServer } from '../../support/temporal.ts';
import { minuteMs, Site } from '../site.ts';

const server = timeSkippingServer();
const poll = { initial: '1m', max: '5m' };
const refused = { calls: { 'openai.batches.create': { status: 400, body: '{"error":{"message":"no such model"}}' } } };
const batch = { maxItems: 20, concurrency: 1 };

test.each([
  ['a job', 500],
  ['a segment', 4],
])('three refusals in a row pause %s; after the fix, `resume` loses nothing', (name, batchesPerSegment) =>
  Site.with(server.env, name.replace(' ', '-'), { ...refused, batchesPerSegment }, async (site) => {
    await site.start(site.openaiJob(120, { poll, batch, minBatchItems: 1 }));
    const paused = await site.untilStatus('paused', ({ phase }) => phase === 'paused', minuteMs);
    expect(paused.pauses.map(({ reason, note }) => [reason, note.slice(0, 36)])).toEqual([
      ['refused', 'the provider refused 3 batches in a '],
    ]);
    await site.control.setOptions({ calls: null });
    await site.update('resume');
    const report = await site.result();
    await site.expectPaidOnce(report, 120);
    expect(report).toMatchObject({ verdict: 'complete', batches: { realtime: 0 } });
  }),
);
