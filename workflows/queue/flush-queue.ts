// Flushes a queue on a Temporal Schedule, which can start workflows but send no signals.

import { ApplicationFailure } from '@temporalio/common';
import { getExternalWorkflowHandle } from '@temporalio/workflow';
import { queueIdPrefix } from '../../domain/queue/state.ts';
import { flushSignal } from './messages.ts';

export async function flushQueue(input: { readonly queue: string }): Promise<void> {
  const name: unknown = input?.queue;
  if (typeof name !== 'string' || name === '') {
    throw ApplicationFailure.nonRetryable('expected {"queue": the name of a queue}', 'invalid_job');
  }
  try {
    await getExternalWorkflowHandle(`${queueIdPrefix}${name}`).signal(flushSignal);
  } catch {
    throw ApplicationFailure.nonRetryable(`found no open queue ${name}: add an item to it first`, 'invalid_job');
  }
}
