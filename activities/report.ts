// Writes `report.json`: what became of the job, from the merged rows and every batch's tally.

import { batchesPerWaveMax } from '../domain/limits.ts';
import type { Tally } from '../domain/outcome.ts';
import { BatchFigures, type JobReport, percentiles, verdictOf } from '../domain/report.ts';
import { writeJson } from '../storage/json-lines.ts';
import { failuresFile, rejectsFile, reportFile, resultsFile, tallyFile } from '../storage/keys.ts';
import type { ActivityDeps } from './deps.ts';
import { readJobFile } from './job-file.ts';
import { readEntries } from './manifest.ts';
import type { MergeSummary } from './merge.ts';
import { countJob } from './metrics.ts';
import { readOwnIfThere } from './own-file.ts';

export interface ReportInput {
  readonly output: string;
  readonly summary: MergeSummary;
  readonly waves: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly cancelled: boolean;
  readonly warnings: readonly string[];
}

export async function report(deps: ActivityDeps, input: ReportInput): Promise<JobReport> {
  const { output, summary } = input;
  const job = await readJobFile(deps, output);
  const figures = await batchFigures(deps, input, job.prices);
  const { answered, failed } = summary;
  const { usd, realtimeUsd } = figures;
  const written: JobReport = {
    version: 1,
    verdict: verdictOf(answered, failed),
    cancelled: input.cancelled,
    startedAt: new Date(input.startedAt).toISOString(),
    endedAt: new Date(input.endedAt).toISOString(),
    rows: { ...summary.rows, answered, failed },
    successRate: answered + failed === 0 ? 0 : answered / (answered + failed),
    errorsByReason: summary.byReason,
    tokens: figures.usage,
    cost: {
      usd,
      pricesDated: job.pricesDated,
      byModelAndLane: figures.lines,
      realtimeUsd,
      savedUsd: usd === null || realtimeUsd === null ? null : realtimeUsd - usd,
    },
    batches: {
      count: figures.count,
      realtime: figures.realtime,
      polls: figures.polls,
      completionMs: percentiles(figures.durations),
    },
    waves: input.waves,
    attempts: summary.attempts,
    quality: figures.quality,
    // A merge by an older worker did not look for them.
    dearestRows: summary.dearestRows ?? [],
    anomalies: figures.anomalies,
    inDoubtBatches: figures.inDoubt,
    warnings: [
      ...input.warnings,
      ...(summary.datasetChanged
        ? ['the dataset changed since it was planned: failures.jsonl names rows without their records']
        : []),
    ],
    files: {
      results: resultsFile(output),
      failures: failuresFile(output),
      rejects: rejectsFile(output),
      report: reportFile(output),
    },
  };
  await writeJson(deps.store, reportFile(output), written);
  countJob(written);
  return written;
}

async function batchFigures(
  deps: ActivityDeps,
  { output, waves }: ReportInput,
  prices: Parameters<BatchFigures['add']>[1],
): Promise<BatchFigures> {
  const figures = new BatchFigures();
  for (let wave = 1; wave <= waves; wave += 1) {
    for (const { batch } of await readEntries(deps.store, output, wave, 1, batchesPerWaveMax)) {
      const tally = await readOwnIfThere<Tally>(deps.store, tallyFile({ output, wave, batch }));
      if (tally !== null) figures.add(tally, prices);
    }
  }
  return figures;
}
