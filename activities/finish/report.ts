// Writes `report.json` and `report.html`, from the merged rows and every batch's tally.

import { log } from '@temporalio/activity';
import { describeUri } from '../../domain/dataset.ts';
import type { JobRef } from '../../domain/ids.ts';
import { type JobFile, type ResultFormat, tableFormats } from '../../domain/job.ts';
import { slaMsDefault } from '../../domain/limits.ts';
import { roundUsd } from '../../domain/money/cost.ts';
import type { Forecast } from '../../domain/money/forecast.ts';
import { Halfway } from '../../domain/report/halfway.ts';
import { BatchFigures, computeJobResult, type JobReport, percentiles } from '../../domain/report/report.ts';
import { Spans } from '../../domain/report/spans.ts';
import { readJobFile, readOwnIfThere } from '../../job-folder/job-file.ts';
import {
  failuresFile,
  inDoubtFile,
  rejectsFile,
  reportFile,
  reportPage,
  resultsFile,
  tableFile,
} from '../../job-folder/paths.ts';
import { readEntries, readSummary } from '../../job-folder/plan/manifest.ts';
import { readTally } from '../../job-folder/tallies.ts';
import { gatherPageFacts, type PageFacts } from '../../report/page-facts.ts';
import { writeJson, writeText } from '../../storage/lines/json-lines.ts';
import type { Store } from '../../storage/store.ts';
import type { ActivityDeps } from '../deps.ts';
import { heartbeating } from '../heartbeat.ts';
import { countJob } from '../metrics.ts';
import type { MergeSummary } from './merge.ts';

export interface ReportInput extends JobRef {
  readonly summary: MergeSummary;
  readonly waves: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly cancelled: boolean;
  readonly warnings: readonly string[];
}

type ReportDeps = Pick<ActivityDeps, 'store' | 'threads'>;

/** If the plots cannot be drawn, the job still ends. */
export async function report(deps: ReportDeps, input: ReportInput, withPlots = true): Promise<JobReport> {
  const job = await readJobFile(deps.store, input);
  return heartbeating(job.timing, () => writeBoth(deps, job, input, withPlots));
}

async function writeBoth(
  { store, threads }: ReportDeps,
  job: JobFile,
  input: ReportInput,
  withPlots: boolean,
): Promise<JobReport> {
  const { figures, spans, halfway } = await readTallies(store, input, job.prices);
  const written = buildReport(input, job, figures, await forecastHalfway(store, input.output, halfway));
  const facts = gatherPageFacts(describeJob(job), written, spans, figures);
  const { page, lacksPlots } = await threads.run('drawPage', { facts, withPlots });
  if (lacksPlots) log.warn('the plots of report.html could not be drawn; its tables hold the same figures');
  await writeText(store, reportPage(input.output), page);
  const isCounted = await wasWrittenBefore(store, written, input.output);
  // Last, because a job with a `report.json` counts as done.
  await writeJson(store, reportFile(input.output), written);
  if (!isCounted) countJob(written);
  return written;
}

/**
 * Whether an earlier attempt of this activity wrote the report, and so counted the job: all attempts have the same end of the job. A job that
 * was reset after its end ends again, and is counted again.
 */
async function wasWrittenBefore(store: Store, { endedAt }: JobReport, output: string): Promise<boolean> {
  const there = await readOwnIfThere<JobReport>(store, reportFile(output));
  return there?.endedAt === endedAt;
}

/** A job that names none is measured by the rule that the alerts come with. */
function judgeSla(
  ms = slaMsDefault,
  { startedAt, endedAt }: Pick<ReportInput, 'startedAt' | 'endedAt'>,
): NonNullable<JobReport['sla']> {
  return { ms, isMet: endedAt - startedAt <= ms };
}

async function forecastHalfway(store: Store, output: string, halfway: Halfway): Promise<Forecast | null> {
  const plan = await readSummary(store, output, 1);
  if (plan === null) return null;
  const { items, estimate } = plan.whole ?? plan;
  return halfway.forecast({ items, usd: estimate.usd });
}

function buildReport(input: ReportInput, job: JobFile, figures: BatchFigures, forecast: Forecast | null): JobReport {
  const { output, summary } = input;
  const { answered, failed } = summary;
  const { usd, unpriced, realtimeUsd } = figures;
  return {
    version: 1,
    verdict: computeJobResult(answered, failed),
    cancelled: input.cancelled,
    startedAt: new Date(input.startedAt).toISOString(),
    endedAt: new Date(input.endedAt).toISOString(),
    rows: { ...summary.rows, answered, failed },
    successRate: answered + failed === 0 ? 0 : answered / (answered + failed),
    sla: judgeSla(job.spec.slaMs, input),
    errorsByReason: summary.byReason,
    tokens: figures.usage,
    cost: {
      usd,
      unpricedRows: summary.unpricedRows ?? unpriced.items,
      unpricedUsd: unpriced.usd,
      pricesDated: job.pricesDated,
      byModelAndLane: figures.lines,
      realtimeUsd,
      savedUsd: usd === null || realtimeUsd === null ? null : roundUsd(realtimeUsd - usd),
      forecast,
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
    // Absent if an older worker merged.
    dearestRows: summary.dearestRows ?? [],
    anomalies: figures.anomalies,
    // Absent if an older worker merged.
    inDoubtBatches: summary.inDoubtBatches ?? [],
    warnings: [
      ...input.warnings,
      ...(summary.datasetChanged
        ? [
            'the dataset changed since it was planned: failures.jsonl and in-doubt.jsonl name rows without their records',
          ]
        : []),
    ],
    files: {
      results: resultsFile(output),
      ...nameTable(output, job.spec.outputFormat),
      failures: failuresFile(output),
      inDoubt: inDoubtFile(output),
      rejects: rejectsFile(output),
      report: reportFile(output),
      page: reportPage(output),
    },
  };
}

function nameTable(output: string, format: ResultFormat | undefined): Pick<JobReport['files'], 'table'> {
  const table = tableFormats.find((each) => each === format);
  return table === undefined ? {} : { table: tableFile(output, table) };
}

const describeJob = ({ claim, spec }: JobFile): PageFacts['job'] => ({
  name: claim.workflowId,
  dataset: describeUri(spec.dataset.uri),
  provider: spec.provider,
  model: spec.model,
});

async function readTallies(
  store: Store,
  { output, waves, startedAt }: ReportInput,
  prices: Parameters<BatchFigures['add']>[1],
): Promise<{ readonly figures: BatchFigures; readonly spans: Spans; readonly halfway: Halfway }> {
  const figures = new BatchFigures();
  const spans = new Spans(startedAt);
  const halfway = new Halfway();
  for (let wave = 1; wave <= waves; wave += 1) {
    for await (const { batch } of readEntries(store, output, wave)) {
      const tally = await readTally(store, { output, wave, batch });
      if (tally === null) continue;
      figures.add(tally, prices);
      spans.add(tally);
      halfway.add(tally);
    }
  }
  return { figures, spans, halfway };
}
