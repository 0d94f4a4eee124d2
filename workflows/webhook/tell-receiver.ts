// Tells the receiver of a job that the job has ended. A workflow of its own delivers the message, so that the job ends now.

import { CancellationScope, ContinueAsNew, isCancellation, workflowInfo } from '@temporalio/workflow';
import { describeJobEnd, type JobEnd } from '../../domain/webhook/message.ts';
import { startOutliving } from '../children.ts';
import type { JobRun } from '../job/job-run.ts';

const markDigits = 12;

/** Does nothing for a job without a receiver, for one that was refused, and for a run that another one continues. `error` is how the job failed. */
export async function tellReceiver(job: JobRun, error: unknown = null): Promise<void> {
  if (!job.isOpen || error instanceof ContinueAsNew) return;
  const { webhook, nonce } = job.settings;
  if (webhook === undefined || !webhook.events.includes('job.ended')) return;
  const message = describeJobEnd(webhook.url, describeEnd(job, error), Date.now(), nonce.slice(0, markDigits));
  const delivery = {
    workflowId: `${workflowInfo().workflowId}/webhook/${message.id}`,
    args: [message],
    staticSummary: 'tells a receiver that the job has ended',
  };
  await CancellationScope.nonCancellable(() => startOutliving('deliverWebhook', delivery));
}

function describeEnd({ report, cancelled }: JobRun, error: unknown): JobEnd {
  const { workflowId, runId } = workflowInfo();
  const isCancelled = cancelled || isCancellation(error);
  return {
    job: workflowId,
    run: runId,
    state: isCancelled ? 'cancelled' : error === null ? 'completed' : 'failed',
    verdict: report?.verdict ?? null,
    answered: report?.rows.answered ?? null,
    failed: report?.rows.failed ?? null,
    usd: report?.cost.usd ?? null,
    results: report?.files.results ?? null,
    report: report?.files.report ?? null,
  };
}
