// Settles what a job would leave behind: batches that may have been sent and have no tally, because the job was cancelled before it started
// them again, or because their workflows came to no result. They are cancelled at the provider, and what they finished is collected.

import { workflowInfo } from '@temporalio/workflow';
import type { UnsettledPage } from '../../activities/finish/unsettled.ts';
import { type JobPosition, jobStart, type PlannedBatch } from '../../domain/job.ts';
import type { BatchInput } from '../batch/batch-run.ts';
import { isOutOfTime } from '../batch/trouble.ts';
import type { Coordinator } from '../coordinator.ts';
import { isHistoryLong } from '../history.ts';
import { filePass } from '../proxies.ts';
import { runWindow, type WindowOwner } from '../window.ts';
import type { JobRun } from './job-run.ts';
import { describeJob } from './running-wave.ts';

/** Returns when nothing is left, or when the time that a cancelled job has is over. What is then left is in doubt. */
export async function settleLeftovers(job: JobRun, waves: number): Promise<void> {
  const { timing } = job.settings;
  const { ref, place } = job;
  const isContinued = place.kind === 'finish';
  const until = isContinued ? place.until : Date.now() + timing.cancelGraceMs;
  try {
    if (!isContinued) {
      const summary = 'wait until no batch of an earlier run is open';
      await filePass(timing, summary, until).untilBatchesClosed({ ...ref, waves });
    }
    let next: JobPosition | null = isContinued ? place.from : jobStart;
    while (next !== null) {
      if (Date.now() >= until) {
        job.warn('there was no time to end all batches of an earlier run; some may still run at the provider');
        break;
      }
      const finding = filePass(timing, 'find batches without a tally', until);
      const page: UnsettledPage = await finding.listUnsettled({ ...ref, waves, from: next });
      next = page.next;
      await runWindow(page.batches, new Leftovers(job, page.wave, until));
      if (next !== null && isHistoryLong(job.settings.historyEventsMax)) {
        await job.continueAt({ kind: 'finish', from: next, until });
      }
    }
  } catch (error) {
    if (!isOutOfTime(error)) throw error;
    job.warn('not every batch of an earlier run had ended; their items are in doubt');
  }
}

class Leftovers implements WindowOwner {
  readonly jobWorkflowId = workflowInfo().workflowId;
  readonly wave: number;
  readonly isDraining = false;
  readonly isEnding = true;
  readonly #job: JobRun;
  readonly #endBy: number;

  constructor(job: JobRun, wave: number, endBy: number) {
    this.#job = job;
    this.wave = wave;
    this.#endBy = endBy;
  }

  get coordinator(): Coordinator {
    return this.#job.coordinator;
  }

  /** All of a page at the same time: each has to be cancelled at the provider before its time is over, and then mostly waits. */
  mayStart(): boolean {
    return true;
  }

  countAffordable(batches: readonly PlannedBatch[]): number {
    return batches.length;
  }

  makeInput(planned: PlannedBatch): BatchInput {
    const ending = { paused: false, turn: 0, endNow: true, endBy: this.#endBy };
    return { job: describeJob(this.#job), wave: this.wave, planned, ...ending };
  }

  onStart(): void {
    this.#job.publish();
  }

  onEnd(): void {
    this.#job.publish();
  }
}
