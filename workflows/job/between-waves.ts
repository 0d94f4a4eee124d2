// Between two waves: chooses the next one, waits for it, and watches the job's deadline, which ends every wait.

import { type CancellationScope, condition } from '@temporalio/workflow';
import { formatDuration } from '../../domain/duration.ts';
import type { WaveKind } from '../../domain/job.ts';
import { addCounts } from '../../domain/outcome/outcome.ts';
import { mustPauseBeforeFallback } from '../../domain/progress/refusals.ts';
import { describeChecks, describeStep, judgeStep, listUnmet } from '../../domain/waves/rollout.ts';
import { addTotals, type Totals } from '../../domain/waves/totals.ts';
import { nextWave, takeOverWave, type Wave, type WaveState } from '../../domain/waves/waves.ts';
import { runInBackground } from '../alerting.ts';
import { isHistoryLong } from '../history.ts';
import { type LeftItems, nothingLeft } from './carried-job.ts';
import type { JobRun } from './job-run.ts';

/** The first wave of this run of the job, or the one it is inside of; null if the run only has to finish. */
export function chooseFirstWave(job: JobRun): Wave | null {
  return job.place.kind === 'finish' || job.cancelled ? null : job.place.wave;
}

/**
 * Waits for the wave's backoff, and until the job is not paused. Nothing of the job runs between two waves, so this is the best time to
 * continue as a new run. A job with a short history stays one run, because the Web UI shows a tree of one run.
 */
export async function gate(job: JobRun, wave: Wave): Promise<void> {
  // An earlier run has already passed this gate.
  if (job.findPlaceInside(wave) !== null) return;
  if (isHistoryLong(job.settings.historyEventsMax / 4)) await job.continueAt({ kind: 'before', wave });
  if (wave.delayMs > 0 && !job.pastDeadline) {
    job.enterPhase('backing_off');
    await condition(() => job.pastDeadline, wave.delayMs, {
      summary: `wave ${wave.number} (${wave.kind}) in ${formatDuration(wave.delayMs)}`,
    });
  }
  if (wave.kind === 'fallback') job.pauseIfRefused(mustPauseBeforeFallback);
  await job.awaitResumed(wave);
}

/** Adds up an ended wave, and chooses the next one; null if there is none. */
export function chooseNextWave(job: JobRun, ended: Wave): Wave | null {
  const totals = closeWave(job, ended);
  const retryable = addCounts(totals.retryable, job.left.retryable);
  const sources = [...job.left.waves, ended.number];
  const planned = job.settings.planned[ended.number] ?? findStepAfter(job, ended);
  const next =
    planned === undefined || job.cancelled
      ? decideNextWave(job, ended, { retryable, sources, cutBytes: totals.cutBytes ?? null })
      : takeOverWave(ended.number + 1, planned);
  job.left = chooseLeft(next, { waves: sources, retryable });
  if (next?.kind === 'rollout') judge(job, ended, totals);
  return next;
}

/** All steps run before the first retry round. */
const findStepAfter = ({ firstPlan }: JobRun, { number }: Wave): WaveKind | undefined =>
  number < (firstPlan?.whole?.waves ?? 1) ? 'rollout' : undefined;

/** What the next wave does not take up. */
function chooseLeft(next: Wave | null, left: LeftItems): LeftItems {
  if (next?.kind === 'rollout') return left;
  const { oversized: _, ...retryable } = left.retryable;
  return next?.kind === 'split' ? { ...left, retryable } : nothingLeft;
}

/** Pauses the job if its last step does not meet the checks, or must be approved. */
function judge(job: JobRun, ended: Wave, totals: Totals): void {
  const { rollout } = job.settings;
  if (rollout === undefined) return;
  job.judged = judgeStep(ended.number, totals, job.lastPlan?.estimate.usd ?? null, rollout);
  const step = `${describeStep(job.judged)}: ${describeChecks(job.judged)}`;
  if (listUnmet(job.judged).length > 0) job.pauseFor('rollout', `the rollout stopped after ${step}`);
  if (rollout.approve && ended.number === 1) job.pauseFor('approval', `the rollout waits for approval after ${step}`);
}

function decideNextWave(
  job: JobRun,
  ended: Wave,
  items: Pick<WaveState, 'retryable' | 'sources' | 'cutBytes'>,
): Wave | null {
  const { rounds, fallbackDone, pastDeadline, cancelled, retryReasons: again, settings, deadline } = job;
  const state = { ...items, number: ended.number, rounds, fallbackDone, pastDeadline, cancelled, again };
  const next = nextWave(state, { ...settings, deadline });
  if (next?.kind === 'again') job.retryReasons = null;
  return next;
}

function closeWave(job: JobRun, wave: Wave): Totals {
  const { totals } = job.coordinator;
  // The next wave counts these items again.
  job.earlierTotals = addTotals(job.earlierTotals, { ...totals, retryable: {} });
  job.coordinator.startWave();
  if (wave.kind === 'retry') job.rounds += 1;
  if (wave.kind === 'fallback') job.fallbackDone = true;
  return totals;
}

/** When the job's own deadline passes, every open batch is ended. The deadline may be set, moved or removed while the job runs. */
export function watchDeadline(job: JobRun): CancellationScope {
  return runInBackground(async () => {
    while (!job.pastDeadline) {
      const { jobMs } = job.deadline;
      const isChanged = (): boolean => job.deadline.jobMs !== jobMs;
      if (jobMs === null) {
        await condition(isChanged);
      } else {
        const leftMs = Math.max(1, job.startedAt + jobMs - Date.now());
        job.pastDeadline = !(await condition(isChanged, leftMs, { summary: "the job's deadline" }));
      }
    }
    if (job.mustEnd(job.wave)) await job.coordinator.endNow();
  });
}
