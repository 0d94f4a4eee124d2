// The updates by which people change a running job. A refused update says why and writes nothing to history.

import { setHandler } from '@temporalio/workflow';
import { parseDuration } from '../../domain/duration.ts';
import { type ItemReason, itemReasons } from '../../domain/outcome/outcome.ts';
import { onlyEnds, type Remedy } from '../../domain/progress/pauses.ts';
import type { JobStatus } from '../../domain/progress/status.ts';
import {
  approveUpdate,
  type DeadlineChange,
  pauseUpdate,
  resumeUpdate,
  retryFailedUpdate,
  setBudgetUpdate,
  setConcurrencyUpdate,
  setDeadlineUpdate,
} from '../messages.ts';
import type { JobRun } from './job-run.ts';
import { computeStatus } from './job-status.ts';
import {
  checkBudget,
  checkConcurrency,
  checkDeadline,
  checkNote,
  checkReasons,
  mustNotBePast,
  mustNotEnd,
  mustWaitForApproval,
} from './update-checks.ts';

export function registerUpdates(job: JobRun): void {
  setHandler(pauseUpdate, (input) => pause(job, input?.note), {
    validator: checkNote,
    description: 'Upload and create nothing more; batches that run are still collected.',
  });
  setHandler(resumeUpdate, () => lift(job, 'resume'), {
    description:
      'Continue after a pause, or after trouble with a key or money was fixed; only setBudget lifts a budget.',
  });
  setHandler(approveUpdate, () => lift(job, 'approve'), {
    validator: () => mustWaitForApproval(job.pauses),
    description: 'Let a rollout continue after its first step.',
  });
  setHandler(setConcurrencyUpdate, (input) => setConcurrency(job, input.concurrency), {
    validator: checkConcurrency,
    description: 'Batches open at the same time: {"concurrency": 20}.',
  });
  setHandler(setBudgetUpdate, (input) => setBudget(job, input.usd), {
    validator: checkBudget,
    description: 'The most that the job may spend: {"usd": 25}.',
  });
  setHandler(setDeadlineUpdate, (input) => setDeadline(job, input), {
    validator: (input) => {
      checkDeadline(input);
      mustNotBePast(job.pastDeadline);
    },
    description: 'Deadlines: {"batch": "12h", "job": "30h", "then": "fallback"}.',
  });
  setHandler(retryFailedUpdate, (input) => retryFailed(job, input?.reasons), {
    validator: (input) => {
      checkReasons(input);
      mustNotEnd(job.phase);
    },
    description:
      'Send failed items again in one more round: {"reasons": ["truncated"]}; without reasons all but in_doubt.',
  });
}

async function pause(job: JobRun, note = 'paused by a person'): Promise<JobStatus> {
  if (!onlyEnds({ phase: job.phase, isEnding: false }) && job.pauseFor('person', note)) await job.untilTold();
  return computeStatus(job);
}

async function lift(job: JobRun, remedy: Remedy): Promise<JobStatus> {
  if (job.lift(remedy)) await job.untilTold();
  return computeStatus(job);
}

async function setConcurrency(job: JobRun, concurrency: number): Promise<JobStatus> {
  await job.awaitOpened();
  if (concurrency === job.coordinator.switches.concurrency) return computeStatus(job);
  job.coordinator.switches.concurrency = concurrency;
  job.onConcurrency();
  job.publish();
  return computeStatus(job);
}

async function setBudget(job: JobRun, usd: number | null): Promise<JobStatus> {
  await job.awaitOpened();
  if (usd === job.budget.capUsd) return computeStatus(job);
  job.budget = { ...job.budget, capUsd: usd };
  // A job that waits only for a larger budget continues by itself. If the next batch does not fit either, the job pauses again.
  job.lift('setBudget');
  job.publish();
  return computeStatus(job);
}

async function setDeadline(job: JobRun, change: DeadlineChange): Promise<JobStatus> {
  await job.awaitOpened();
  const before = job.deadline;
  const batchMs = change.batch === undefined ? before.batchMs : (parseDuration(change.batch) ?? before.batchMs);
  const jobMs = change.job === undefined ? before.jobMs : change.job === null ? null : parseDuration(change.job);
  // biome-ignore lint/suspicious/noThenProperty: the public name of a choice, never a function.
  job.setDeadline({ batchMs, jobMs, then: change.then ?? before.then });
  if (batchMs !== before.batchMs) await job.coordinator.setBatchDeadline(batchMs);
  return computeStatus(job);
}

function retryFailed(
  job: JobRun,
  reasons: readonly ItemReason[] = itemReasons.filter((reason) => reason !== 'in_doubt'),
): JobStatus {
  job.retryReasons = [...new Set([...(job.retryReasons ?? []), ...reasons])];
  return computeStatus(job);
}
