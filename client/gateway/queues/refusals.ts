// Why a queue refused something, in the gateway's words.

import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { refusalKinds } from '../../../domain/refusal.ts';
import { QueueNotOpen, QueueRefused } from '../../long-lived/queues.ts';
import { GatewayError } from '../errors.ts';

const refusalTypes: ReadonlySet<string> = new Set([...refusalKinds, 'invalid_update', 'try_again']);

/** Null if the queue has refused nothing. */
function readFailure(error: unknown): ApplicationFailure | null {
  if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure)) return null;
  return refusalTypes.has(error.cause.type ?? '') ? error.cause : null;
}

/** The queue itself works; it does not take this file. */
export function isRefusedFile(error: unknown): boolean {
  const failure = readFailure(error);
  return failure !== null && failure.type !== 'invalid_update' && failure.type !== 'try_again';
}

/** An error that does not refuse anything is returned as it is. The queue's messages name fields and ids, and quote no item. */
export function explainRefusal(error: unknown): unknown {
  if (error instanceof QueueNotOpen) {
    return new GatewayError('not_found', 'there is no open queue with this name: send items with `queue` to open it');
  }
  if (error instanceof WorkflowNotFoundError) return new GatewayError('not_found', 'there is no queue with this name');
  if (error instanceof QueueRefused) return new GatewayError('bad_request', error.message, { field: 'queue' });
  const failure = readFailure(error);
  if (failure === null) return error;
  if (failure.type === 'try_again') {
    return new GatewayError('unavailable', 'the queue continues as a new run: send this again', { retryAfter: 1 });
  }
  return new GatewayError(failure.type === 'invalid_update' ? 'conflict' : 'bad_request', failure.message);
}

/** Anything else leaves open whether the items are in. */
export function explainAdd(error: unknown): GatewayError {
  const explained = explainRefusal(error);
  if (explained instanceof GatewayError) return explained;
  return new GatewayError(
    'unavailable',
    'it is not known whether the items are in: send them again; an item whose id has come before is dropped',
    { retryAfter: 1 },
  );
}
