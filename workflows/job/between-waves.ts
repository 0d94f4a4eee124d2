// Between two waves: chooses the next one, waits for it, and watches the job's deadline, which ends every wait.

import { type CancellationScope, condition } from '@temporalio/workflow';
import { formatDuration } from '../../domain/duration.ts';
import { addCounts } from '../../domain/outcome/outcome.ts';
import { mustPauseBeforeFallback } from '../../domain/progress/refusals.ts';
import { addTotals, type Totals } from '../../domain/waves/totals.ts';
import { nextWave, takeOverWave, type Wave, type WaveState } from '../../domain/waves/waves.ts';
import { runInBackground } from '../alerting.ts';
import { isHistoryLong } from '../history.ts';
import { nothingLeft } from './carried-job.ts';
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
  const planned = job.settings.planned[ended.number];
  const next =
    planned === undefined || job.cancelled
      ? decideNextWave(job, ended, { retryable, sources, cutBytes: totals.cutBytes ?? null })
      : takeOverWave(ended.number + 1, planned);
  const { oversized: _, ...others } = retryable;
  job.left = next?.kind === 'split' ? { waves: sources, retryable: others } : nothingLeft;
  return next;
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
