// The job of a batch: its lines are sent as they are, at the price of batches, until they are answered or the batch's time is over.

import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { formatDuration } from '../../../domain/duration.ts';
import type { Job } from '../../../input/schema.ts';
import type { Nightshift } from '../../nightshift.ts';
import type { GatewayConfig } from '../config.ts';
import type { BatchRecord, Route } from './record.ts';

interface JobPlaces {
  readonly dataset: string;
  readonly output: string;
}

export function makeJob(
  { tenant, windowMs }: BatchRecord,
  route: Route,
  { dataset, output }: JobPlaces,
  { batchJob }: Pick<GatewayConfig, 'batchJob'>,
): Job {
  const window = formatDuration(windowMs).replaceAll(' ', '');
  return {
    ...batchJob,
    dataset: { uri: dataset, format: 'jsonl' },
    provider: route.provider,
    ...(route.account === null ? {} : { account: route.account }),
    ...(route.model === undefined ? {} : { model: route.model }),
    ...(tenant === null ? {} : { tenant }),
    output,
    // Callers get the provider's own answers.
    keep: { responses: true },
    // A request that is refused fails alone, as at vendors: the others run.
    maxRejectRate: 1,
    // biome-ignore lint/suspicious/noThenProperty: the public name of a choice, never a function.
    deadline: { batch: window, job: window, then: 'fail' },
    // A vendor's batch answers each line once, also if the answer is cut or is a refusal.
    retry: { flawed: false, ...batchJob.retry },
    // Callers of a batch API expect its price: nothing is sent at twice of it.
    fallback: { lane: 'none', ...batchJob.fallback },
    minBatchItems: batchJob.minBatchItems ?? 0,
  };
}

/** A workflow of this id that has ended counts too: a batch runs once. */
export async function startOnce(jobs: Nightshift, job: Job, id: string): Promise<void> {
  try {
    await jobs.start(job, { id, once: true });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
