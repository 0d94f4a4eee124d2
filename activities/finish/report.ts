// Writes `report.json` and `report.html`: what became of the job, from the merged rows and every batch's tally.

import { log } from '@temporalio/activity';
import type { JobFile } from '../../domain/job.ts';
import { batchesPerWaveMax } from '../../domain/limits.ts';
import type { Tally } from '../../domain/outcome/outcome.ts';
import { BatchFigures, type JobReport, percentiles, toJobResult } from '../../domain/report/report.ts';
import { Spans } from '../../domain/report/spans.ts';
import { readJobFile, readOwnIfThere } from '../../job-folder/job-file.ts';
import { readEntries } from '../../job-folder/manifest.ts';
import { failuresFile, rejectsFile, reportFile, reportPage, resultsFile, tallyFile } from '../../job-folder/paths.ts';
import type { Drawn } from '../../report/chart.ts';
import { renderPage } from '../../report/page.ts';
import { buildCharts, gatherPageFacts, type PageFacts } from '../../report/page-facts.ts';
import { writeJson, writeText } from '../../storage/lines/json-lines.ts';
import type { ActivityDeps } from '../deps.ts';
import { heartbeating } from '../heartbeat.ts';
import { countJob } from '../metrics.ts';
import type { MergeSummary } from './merge.ts';

export interface ReportInput {
  readonly output: string;
  readonly summary: MergeSummary;
  readonly waves: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly cancelled: boolean;
  readonly warnings: readonly string[];
}

type Draw = (facts: PageFacts) => Promise<Drawn>;

export async function report(deps: ActivityDeps, input: ReportInput, draw: Draw = drawPlots): Promise<JobReport> {
  const job = await readJobFile(deps.store, input.output);
  return heartbeating(job.timing, () => writeBoth(deps, job, input, draw));
}

async function writeBoth(deps: ActivityDeps, job: JobFile, input: ReportInput, draw: Draw): Promise<JobReport> {
  const { figures, spans } = await readTallies(deps, input, job.prices);
  const written = reportFrom(input, job, figures);
  const facts = gatherPageFacts(describeJob(job), written, spans, figures);
  await deps.heavy(async () => writeText(deps.store, reportPage(input.output), renderPage(facts, await draw(facts))));
  // Last: where it is, the job is done.
  await writeJson(deps.store, reportFile(input.output), written);
  countJob(written);
  return written;
}

function reportFrom(input: ReportInput, job: JobFile, figures: BatchFigures): JobReport {
  const { output, summary } = input;
  const { answered, failed } = summary;
  const { usd, realtimeUsd } = figures;
  return {
    version: 1,
    verdict: toJobResult(answered, failed),
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
      page: reportPage(output),
    },
  };
}

const describeJob = ({ claim, spec }: JobFile): PageFacts['job'] => ({
  name: claim.workflowId,
  dataset: spec.dataset.uri,
  provider: spec.provider,
  model: spec.model,
});

/**
 * The plotting library is loaded when the first job ends: until then it costs a worker nothing. A plot that cannot be drawn must not
 * keep a job from its end: the page's tables say the same.
 */
async function drawPlots(facts: PageFacts): Promise<Drawn> {
  try {
    const { drawn } = await import('../../report/plots.ts');
    return drawn(buildCharts(facts));
  } catch {
    log.warn('the plots of report.html could not be drawn; its tables hold the same figures');
    return {};
  }
}

async function readTallies(
  deps: ActivityDeps,
  { output, waves, startedAt }: ReportInput,
  prices: Parameters<BatchFigures['add']>[1],
): Promise<{ readonly figures: BatchFigures; readonly spans: Spans }> {
  const figures = new BatchFigures();
  const spans = new Spans(startedAt);
  for (let wave = 1; wave <= waves; wave += 1) {
    for (const { batch } of await readEntries(deps.store, output, wave, 1, batchesPerWaveMax)) {
      const tally = await readOwnIfThere<Tally>(deps.store, tallyFile({ output, wave, batch }));
      if (tally === null) continue;
      figures.add(tally, prices);
      spans.add(tally);
    }
  }
  return { figures, spans };
}
