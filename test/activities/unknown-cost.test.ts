// Answers without usage: their cost stays unknown from the answer to the report, and a budget is charged their estimate.

import { expect, test } from 'vitest';
import { readPart } from '../../activities/waves/read-part.ts';
import { sumWave } from '../../activities/waves/sum-wave.ts';
import { type PlannedBatch, planStart } from '../../domain/job.ts';
import { chargedUsd, fits, openBudget, reserve, settle } from '../../domain/money/budget.ts';
import type { ResultLine } from '../../domain/outcome/merge.ts';
import type { AnswerLine, Tally } from '../../domain/outcome/outcome.ts';
import { buildAdvice } from '../../domain/report/advice.ts';
import { writeJson } from '../../storage/lines/json-lines.ts';
import { type Folder, folderWith, jobRef, makeRows, output, quietEnvironment } from './plan/planning.ts';
import { answerLine, bareLine, errorLine, runWhole, usdOf, wholeDeps } from './whole-job.ts';

const request = { messages: [{ role: 'user', content: '{{ text }}' }], max_tokens: 100 };
const tenEach = { request, batch: { maxItems: 10, maxBytes: 1e8, concurrency: 1 } };

const readEstimates = (folder: Folder, wave: number): number[] =>
  folder
    .lines<PlannedBatch & { summary?: unknown }>(`plan/wave-${wave}/manifest.jsonl`)
    .flatMap(({ summary, estimate }) => (summary === undefined ? [estimate.usd ?? Number.NaN] : []));

test.each(['batch', 'realtime'] as const)('in the %s lane their cost is not invented', async (lane) => {
  const folder = await folderWith(makeRows(4), { request, minBatchItems: lane === 'batch' ? 1 : 50 });
  const { report, tallies } = await runWhole(folder, (_, __, items) =>
    items.map(({ customId, row }) => (row <= 3 ? bareLine(customId, 'yes') : answerLine(customId, 'yes'))),
  );
  const answers = folder.lines<AnswerLine & Record<string, never>>('answers/wave-1/batch-0001.jsonl');
  expect(answers.map(({ costUsd }) => costUsd)).toEqual([null, null, null, expect.closeTo(usdOf[lane], 9)]);
  const results = folder.lines<ResultLine>('results.jsonl');
  expect(results.map(({ costUsd, status }) => [costUsd, status])).toEqual([
    [null, 'answered'],
    [null, 'answered'],
    [null, 'answered'],
    [expect.closeTo(usdOf[lane], 9), 'answered'],
  ]);
  const [estimate = Number.NaN] = readEstimates(folder, 1);
  expect(tallies[0]).toMatchObject({
    lane,
    costUsd: expect.closeTo(usdOf[lane], 9),
    unpriced: { items: 3, usd: expect.closeTo(0.75 * estimate, 9) },
  });
  expect(report.cost).toMatchObject({
    usd: expect.closeTo(usdOf[lane], 9),
    unpricedRows: 3,
    unpricedUsd: expect.closeTo(0.75 * estimate, 9),
    byModelAndLane: [{ lane, items: 4, unpriced: 3 }],
  });
  expect(buildAdvice(report).map(({ kind, title }) => [kind, title])).toEqual([
    ['look', 'Compare the provider’s bill for what has no known cost (3 rows)'],
  ]);
});

test('a row whose attempts include one of unknown cost has an unknown cost, and the report keeps what is known', async () => {
  const folder = await folderWith(makeRows(2), { request });
  const { report } = await runWhole(folder, (wave, _, items) =>
    items.map(({ customId, row }) => {
      if (row === 2) return wave === 1 ? errorLine(customId, 500) : answerLine(customId, 'yes');
      return wave === 1 ? bareLine(customId, 'cut', 'length') : answerLine(customId, 'yes');
    }),
  );
  const results = folder.lines<ResultLine>('results.jsonl');
  expect(results.map(({ costUsd, attempts }) => [costUsd, attempts])).toEqual([
    [null, 2],
    [expect.closeTo(usdOf.batch, 9), 2],
  ]);
  expect(report.cost).toMatchObject({ usd: expect.closeTo(2 * usdOf.batch, 9), unpricedRows: 1 });
});

test('what is lost or in doubt may have been billed, so its cost is unknown too; what did not run cost nothing', async () => {
  const folder = await folderWith(makeRows(3), { request });
  const { report, tallies } = await runWhole(
    folder,
    (_, __, items) => items.flatMap(({ customId, row }) => (row === 1 ? [answerLine(customId, 'yes')] : [])),
    { inDoubt: [1] },
  );
  expect(tallies[0]).toMatchObject({ rejected: { in_doubt: 2 }, unpriced: { items: 2 } });
  expect(folder.lines<ResultLine>('results.jsonl').map(({ costUsd }) => costUsd)).toEqual([
    expect.closeTo(usdOf.batch, 9),
    null,
    null,
  ]);
  expect(report.cost.unpricedRows).toBe(2);
});

test('a model without a price is told from answers without usage', async () => {
  const folder = await folderWith(makeRows(2), {
    request: { ...request, model: 'nobody-knows' },
    model: 'nobody-knows',
  });
  const { report } = await runWhole(folder, (_, __, items) =>
    items.map(({ customId }) => answerLine(customId, 'yes').replace('"priced"', '"nobody-knows"')),
  );
  expect(report.cost).toMatchObject({ usd: null, unpricedRows: 2, unpricedUsd: null });
  expect(buildAdvice(report)[0]?.title).toBe('Give the worker prices for this model');
});

/** Charges a wave as its workflow does, from the tallies on disk, part by part. */
async function chargeFromDisk(folder: Folder, partSize: number): Promise<number> {
  let budget = openBudget(null);
  for (let at = planStart; ; ) {
    const part = await readPart(folder, { ...jobRef, wave: 1, at, count: partSize });
    for (const { chargedUsd } of part.settled) budget = settle(budget, null, chargedUsd);
    if (part.next === null) return budget.settledUsd;
    at = part.next;
  }
}

test('a budget fills with answers that carry no usage: the batch that would pass it does not fit', async () => {
  const folder = await folderWith(makeRows(50), tenEach);
  await runWhole(folder, (_, __, items) => items.map(({ customId }) => bareLine(customId, 'yes')));
  const estimates = readEstimates(folder, 1);
  const tallies = estimates.map((_, index) =>
    JSON.parse(folder.text(`answers/wave-1/batch-000${index + 1}.tally.json`)),
  ) as Tally[];
  // Enough for three of the five batches.
  let budget = openBudget(3.5 * (estimates[0] ?? 0));
  let started = 0;
  for (const [index, estimate] of estimates.entries()) {
    if (!fits(budget, estimate)) break;
    started += 1;
    const tally = tallies[index];
    budget = settle(reserve(budget, estimate), estimate, tally === undefined ? null : chargedUsd(tally, estimate));
  }
  expect(started).toBe(3);
  const total = estimates.reduce((sum, usd) => sum + usd, 0);
  expect(await chargeFromDisk(folder, 5)).toBeCloseTo(total, 9);
  // A workflow that takes over, or continues as new, reads other parts and charges the same.
  expect(await chargeFromDisk(folder, 2)).toBeCloseTo(total, 9);
  const sum = await quietEnvironment().run(() => sumWave(wholeDeps(folder), { ...jobRef, wave: 1, batches: 5 }));
  expect(sum).toMatchObject({ costUsd: null, unpriced: { items: 50, usd: expect.closeTo(total, 9) } });
});

test('tallies of an earlier version, which do not count unknown costs, are charged their estimate as well', async () => {
  const folder = await folderWith(makeRows(20), tenEach);
  await runWhole(folder, (_, __, items) => items.map(({ customId }) => bareLine(customId, 'yes')));
  for (const batch of [1, 2]) {
    const name = `answers/wave-1/batch-000${batch}.tally.json`;
    const { unpriced: _, ...older } = JSON.parse(folder.text(name));
    await writeJson(folder.store, `${output}${name}`, older);
  }
  const total = readEstimates(folder, 1).reduce((sum, usd) => sum + usd, 0);
  expect(await chargeFromDisk(folder, 2)).toBeCloseTo(total, 9);
});
