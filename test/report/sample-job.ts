// The end of a job of any size without running it: manifests and tallies as its batches would have left them, and what merge would say.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { MergeSummary } from '../../activities/finish/merge.ts';
import { type ReportInput, report } from '../../activities/finish/report.ts';
import type { PlanSummary } from '../../domain/job.ts';
import { addCounts, type Counts, noAnomalies, type Tally } from '../../domain/outcome/outcome.ts';
import type { JobReport } from '../../domain/report/report.ts';
import { manifestFile, tallyFile } from '../../job-folder/paths.ts';
import { type Folder, folderWith, jobRef, output, quietEnvironment } from '../activities/plan/planning.ts';
import { wholeDeps } from '../activities/whole-job.ts';

const minute = 60_000;
const startedAt = Date.parse('2026-03-02T08:15:00Z');

/** A tally of a batch that went well, but for what is said of it. */
export function makeTally(wave: number, batch: number, change: Partial<Tally> = {}): Tally {
  const items = change.items ?? 500;
  const createdAt = startedAt + (wave - 1) * 90 * minute + 2 * minute + ((batch * 7919) % 41) * minute;
  return {
    wave,
    batch,
    lane: 'batch',
    model: 'priced',
    items,
    answered: items,
    retryable: {},
    rejected: {},
    usage: { input: 220 * items, cachedInput: 0, cacheWrite: null, output: 30 * items, reasoning: 0 },
    costUsd: items * 0.00052,
    estimatedUsd: items * 0.001,
    batchId: `batch_${wave}_${batch}`,
    ending: 'completed',
    createdAt,
    endedAt: createdAt + (9 + (((batch * 37) % 23) * ((batch * 29) % 31)) / 12) * minute,
    polls: 4 + (batch % 11),
    anomalies: noAnomalies,
    ...change,
  };
}

export interface Ended {
  readonly folder: Folder;
  readonly report: JobReport;
  readonly page: string;
}

export async function endedJob(
  tallies: readonly Tally[],
  change: Partial<ReportInput> = {},
  summaryChange: Partial<MergeSummary> = {},
): Promise<Ended> {
  const folder = await folderWith([{ text: 'x' }]);
  const waves = tallies.reduce((most, { wave }) => Math.max(most, wave), 1);
  for (let wave = 1; wave <= waves; wave += 1) {
    const entries = tallies.filter((tally) => tally.wave === wave).map(({ batch }) => ({ batch, itemsCrc32: '0' }));
    const lines = [...entries, { summary: summarizePlan(tallies, wave) }];
    await put(folder, manifestFile(output, wave), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }
  await Promise.all(tallies.map((tally) => put(folder, tallyFile({ output, ...tally }), JSON.stringify(tally))));
  const input: ReportInput = {
    ...jobRef,
    waves,
    startedAt,
    cancelled: false,
    warnings: [],
    endedAt: tallies.reduce((end, tally) => Math.max(end, tally.endedAt ?? 0), startedAt) + minute,
    summary: { ...summarize(tallies), ...summaryChange },
    ...change,
  };
  const written: JobReport = await quietEnvironment().run((): Promise<JobReport> => report(wholeDeps(folder), input));
  return { folder, report: written, page: folder.text('report.html') };
}

function summarizePlan(tallies: readonly Tally[], wave: number): PlanSummary {
  const planned = tallies.filter((tally) => tally.wave === wave);
  const items = planned.reduce((sum, tally) => sum + tally.items, 0);
  const estimate = { inputTokens: 0, outputTokens: 0, usd: items * 0.001 };
  return { wave, batches: planned.length, items, estimate };
}

function summarize(tallies: readonly Tally[]): MergeSummary {
  const items = tallies.filter(({ wave }) => wave === 1).reduce((sum, tally) => sum + tally.items, 0);
  const answered = tallies.reduce((sum, tally) => sum + tally.answered, 0);
  const byReason = tallies.reduce<Counts>((counts, { rejected }) => addCounts(counts, rejected), {});
  const failed = items - answered;
  return {
    rows: { rows: items, accepted: items, refused: 0, duplicates: 0, carriedOver: 0 },
    answered,
    failed,
    byReason,
    attempts: { 1: items },
    datasetChanged: false,
    dearestRows: [],
    inDoubtBatches: tallies.flatMap(({ rejected, batchId }) => (rejected.in_doubt && batchId ? [batchId] : [])),
    costUsd: tallies.reduce((sum, tally) => sum + (tally.costUsd ?? 0), 0),
  };
}

async function put(folder: Folder, uri: string, text: string): Promise<void> {
  const path = join(folder.root, uri);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** Something of everything: three waves, failures of many kinds, odd answers, a model with an unfriendly name. */
export function eventfulJob(): Promise<Ended> {
  const first = range(18).map((batch) =>
    makeTally(1, batch, {
      answered: 470,
      retryable: { rate_limited: 12, truncated: 9, expired: 3 },
      rejected: { bad_request: 6 },
      anomalies: { ...noAnomalies, duplicateAnswers: batch % 2, unknownAnswers: batch === 3 ? 2 : 0 },
    }),
  );
  const second = makeTally(2, 1, {
    items: 432,
    answered: 330,
    retryable: { rate_limited: 60 },
    rejected: { truncated: 30, in_doubt: 12 },
    anomalies: { ...noAnomalies, twinBatches: 1, missing: 3 },
  });
  const other = makeTally(2, 2, {
    model: '<b>a model with a very long & unfriendly name</b>',
    items: 0,
    costUsd: null,
  });
  const realtime = makeTally(3, 1, {
    lane: 'realtime',
    batchId: null,
    polls: 0,
    items: 60,
    answered: 55,
    rejected: { refused: 5 },
    costUsd: 0.0624,
    anomalies: { ...noAnomalies, inDoubtCalls: 2 },
  });
  const items = 9000;
  const answered = 18 * 470 + 330 + 55;
  return endedJob(
    [...first, second, other, realtime],
    { warnings: ['the provider named another model than was asked for: <i>x</i>'] },
    {
      rows: { rows: items + 37, accepted: items, refused: 37, duplicates: 0, carriedOver: 0 },
      answered,
      failed: items - answered,
      byReason: { bad_request: 108, truncated: 30, in_doubt: 12, refused: 5 },
      attempts: { 0: 4, 1: 8564, 2: 372, 3: 60 },
      dearestRows: range(20).map((row) => ({ row: row * 431, usd: 0.031 / row })),
    },
  );
}

export const largeJob = (batches: number): Promise<Ended> =>
  endedJob(range(batches).map((batch) => makeTally(1, batch)));

export const failedJob = (): Promise<Ended> =>
  endedJob(
    range(3).map((batch) =>
      makeTally(1, batch, {
        answered: 0,
        rejected: { unauthorized: 500 },
        costUsd: null,
        ending: 'failed',
        createdAt: null,
        endedAt: null,
        batchId: null,
        polls: 0,
        usage: { input: null, cachedInput: null, cacheWrite: null, output: null, reasoning: null },
      }),
    ),
    { cancelled: true },
  );
