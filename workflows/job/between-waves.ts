// Between two waves: which one comes next, what it waits for, and the job's deadline, which ends every wait.

import { type CancellationScope, condition } from '@temporalio/workflow';
import { formatDuration } from '../../domain/duration.ts';
import { addTotals, type Totals } from '../../domain/waves/totals.ts';
import { nextWave, takeOverWave, type Wave } from '../../domain/waves/waves.ts';
import { runInBackground } from '../alerting.ts';
import type { JobRun } from './job-run.ts';

/** Waits for the wave's backoff, and until the job is not paused. */
export async function gate(job: JobRun, wave: Wave): Promise<void> {
  if (wave.delayMs > 0 && !job.pastDeadline) {
    job.enterPhase('backing_off');
    await condition(() => job.pastDeadline, wave.delayMs, {
      summary: `wave ${wave.number} (${wave.kind}) in ${formatDuration(wave.delayMs)}`,
    });
  }
  await job.awaitResumed(wave);
}

/** Adds up a wave that has ended, and chooses the next one; null if there is none. */
export function chooseNextWave(job: JobRun, ended: Wave): Wave | null {
  const { retryable } = closeWave(job, ended);
  const planned = job.settings.planned[ended.number];
  if (planned !== undefined && !job.cancelled) return takeOverWave(ended.number + 1, planned);
  const { rounds, fallbackDone, pastDeadline, cancelled, retryReasons: again, settings, deadline } = job;
  const state = { number: ended.number, rounds, fallbackDone, retryable, pastDeadline, cancelled, again };
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
    for (;;) {
      const { jobMs } = job.deadline;
      const isChanged = (): boolean => job.deadline.jobMs !== jobMs;
      if (jobMs === null) {
        await condition(isChanged);
      } else {
        const leftMs = Math.max(1, job.startedAt + jobMs - Date.now());
        if (!(await condition(isChanged, leftMs, { summary: "the job's deadline" }))) break;
      }
    }
    job.pastDeadline = true;
    if (job.mustEnd(job.wave)) await job.coordinator.endNow();
  });
}
