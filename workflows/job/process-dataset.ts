// The job, as its table of contents: open, then wave after wave, then merge, report and clean up, whatever happened.

import { CancelledFailure } from '@temporalio/common';
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  log,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import { formatDuration } from '../../domain/duration.ts';
import type { JobReport } from '../../domain/report/report.ts';
import { addTotals } from '../../domain/waves/totals.ts';
import { firstWave, nextWave, plannedWave, type Wave } from '../../domain/waves/waves.ts';
import { checkPeriodically } from '../alerting.ts';
import { inBackground } from '../background.ts';
import { longWork, opening, tidying } from '../proxies.ts';
import { asRefusal } from '../refusal.ts';
import { JobRun } from './job-run.ts';
import { listenToPeople } from './job-updates.ts';
import { runWave } from './run-wave.ts';
import { scheduledAt } from './scheduled.ts';

/** Guarantees one result per accepted row, that no item is paid for twice in the batch lane, and an end that tells what became of it. */
export async function processDataset(input: unknown): Promise<JobReport> {
  const job = new JobRun();
  listenToPeople(job);
  await openJob(job, input);
  const watches = [
    watchDeadline(job),
    checkPeriodically(
      () => job.pause !== null,
      () => job.changed(),
    ),
  ];
  await untilCancelled(job, async () => {
    for (let wave: Wave | null = firstWave; wave !== null; wave = waveAfter(job, wave)) {
      await gate(job, wave);
      await runWave(job, wave);
    }
  });
  for (const watch of watches) watch.cancel();
  return CancellationScope.nonCancellable(() => finish(job));
}

async function openJob(job: JobRun, input: unknown): Promise<void> {
  const { workflowId, firstExecutionRunId: firstRunId } = workflowInfo();
  try {
    const proxy = opening('validate the job and claim its output');
    const { startedAt } = job;
    job.open(await proxy.open({ input: input ?? null, workflowId, firstRunId, startedAt, scheduledAt: scheduledAt() }));
  } catch (error) {
    throw asRefusal(error);
  }
}

/** Cancelled batches complete, so the work may well end without an error: that the job was cancelled, its scope knows. */
async function untilCancelled(job: JobRun, work: () => Promise<void>): Promise<void> {
  let over = false;
  CancellationScope.current().cancelRequested.catch(() => {
    if (over) return;
    job.cancelled = true;
    job.enter('cancelling');
  });
  try {
    await work();
  } catch (error) {
    if (!isCancellation(error)) throw asRefusal(error);
  } finally {
    over = true;
  }
}

function waveAfter(job: JobRun, wave: Wave): Wave | null {
  const { totals } = job.coordinator;
  job.past = addTotals(job.past, { ...totals, retryable: {} });
  job.coordinator.startWave();
  if (wave.kind === 'retry') job.rounds += 1;
  if (wave.kind === 'fallback') job.fallbackDone = true;
  const planned = job.opened.planned[wave.number];
  if (planned !== undefined && !job.cancelled) return plannedWave(wave.number + 1, planned);
  const { rounds, fallbackDone, pastDeadline, cancelled, again } = job;
  const state = {
    number: wave.number,
    rounds,
    fallbackDone,
    retryable: totals.retryable,
    pastDeadline,
    cancelled,
    again,
  };
  const next = nextWave(state, { ...job.opened, deadline: job.deadline ?? job.opened.deadline });
  if (next?.kind === 'again') job.again = null;
  return next;
}

/** Between waves: the backoff, and whoever paused the job. */
async function gate(job: JobRun, wave: Wave): Promise<void> {
  if (wave.delayMs > 0 && !job.pastDeadline) {
    job.enter('backing_off');
    await condition(() => job.pastDeadline, wave.delayMs, {
      summary: `wave ${wave.number} (${wave.kind}) in ${formatDuration(wave.delayMs)}`,
    });
  }
  await job.untilResumed(wave);
}

/** When the job's own deadline passes, every open batch is brought to its end. */
function watchDeadline(job: JobRun): CancellationScope {
  return inBackground(async () => {
    for (;;) {
      const jobMs = job.deadline?.jobMs ?? null;
      const changed = (): boolean => (job.deadline?.jobMs ?? null) !== jobMs;
      if (jobMs === null) {
        await condition(changed);
      } else if (
        !(await condition(changed, Math.max(1, job.startedAt + jobMs - Date.now()), { summary: "the job's deadline" }))
      ) {
        break;
      }
    }
    job.pastDeadline = true;
    if (job.mustEnd(job.wave)) await job.coordinator.endNow();
  });
}

async function finish(job: JobRun): Promise<JobReport> {
  if (job.firstPlan === null) throw new CancelledFailure('cancelled before anything was planned');
  const { output, timing } = job.opened;
  job.enter('merging');
  const waves = Math.max(job.lastPlanned, job.opened.planned.length);
  const summary = await longWork(timing, 'merge the answers in row order').merge({
    output,
    waves,
    unsentReason: job.cancelled ? 'cancelled' : 'in_doubt',
  });
  const { startedAt, cancelled, warnings } = job;
  const proxy = longWork(timing, 'write the report');
  const report = await proxy.report({ output, summary, waves, startedAt, endedAt: Date.now(), cancelled, warnings });
  upsertMemo({
    nightshift: {
      verdict: report.verdict,
      answered: report.rows.answered,
      failed: report.rows.failed,
      costUsd: report.cost.usd,
      results: report.files.results,
    },
  });
  job.report = report;
  const { verdict, rows, cost } = report;
  const { answered, failed } = rows;
  log.info('job done', { event: 'job_done', verdict, cancelled, answered, failed, costUsd: cost.usd });
  await cleanUp(job);
  job.enter('done');
  await condition(allHandlersFinished);
  if (cancelled) throw new CancelledFailure(`cancelled; what was finished is in ${report.files.results}`);
  return report;
}

/** The provider's copies go last, when everything is durable here. That it fails changes nothing of the results. */
async function cleanUp(job: JobRun): Promise<void> {
  if (job.opened.keepProviderFiles) return;
  try {
    await tidying(job.opened.timing, "delete the provider's copies").cleanup({ output: job.opened.output });
  } catch {
    job.warnings.push("the provider's copies could not be deleted; they expire there");
  }
}
