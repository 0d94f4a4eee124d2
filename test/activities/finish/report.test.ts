// A job is counted once in the metrics, however many attempts its report takes.

import { noopMetricMeter } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from 'vitest';
import { type ReportInput, report } from '../../../activities/finish/report.ts';
import { folderWith, jobRef, makeRows } from '../plan/planning.ts';
import { answerLine, runWhole, wholeDeps } from '../whole-job.ts';

/** Sums by the name of the counter. */
function countingMeter() {
  const sums: Record<string, number> = {};
  const meter = Object.assign(Object.create(noopMetricMeter), {
    createCounter: (name: string) =>
      Object.assign(noopMetricMeter.createCounter(name), {
        add: (value: number) => {
          sums[name] = (sums[name] ?? 0) + value;
        },
      }),
  });
  return { meter, sums };
}

test('a second attempt of the report counts no job, and writes the same report; a later end of the job is another', async () => {
  const folder = await folderWith(makeRows(2));
  const { summary, waves } = await runWhole(folder, (_, __, items) =>
    items.map(({ customId }) => answerLine(customId, 'yes')),
  );
  const input: ReportInput = {
    ...jobRef,
    summary,
    waves,
    startedAt: 0,
    endedAt: 5000,
    cancelled: false,
    warnings: [],
  };
  const { meter, sums } = countingMeter();
  const run = (change: Partial<ReportInput>) =>
    new MockActivityEnvironment({}, { metricMeter: meter }).run(() =>
      report(wholeDeps(folder), { ...input, ...change }, false),
    );
  const first = await run({});
  expect(sums).toEqual({ nightshift_jobs: 1 });
  const before = folder.digests();
  expect(await run({})).toEqual(first);
  expect(folder.digests()).toEqual(before);
  expect(sums).toEqual({ nightshift_jobs: 1 });
  await run({ endedAt: 6000 });
  expect(sums).toEqual({ nightshift_jobs: 2 });
});
