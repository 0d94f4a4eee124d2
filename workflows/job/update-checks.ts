// The validators of the updates. A refused update writes nothing to history.

import { ApplicationFailure } from '@temporalio/common';
import { parseDuration } from '../../domain/duration.ts';
import { deadlineActions } from '../../domain/job.ts';
import { itemReasons } from '../../domain/outcome/outcome.ts';
import { findRemedy, type Pauses } from '../../domain/progress/pauses.ts';
import type { JobPhase } from '../../domain/progress/status.ts';
import { check, readFields } from '../update-fields.ts';

export function checkNote(input: unknown): void {
  const shape = '{"note": a text}, or nothing';
  const { note } = readFields(input, ['note'], shape);
  check(note === undefined || typeof note === 'string', shape);
}

export function checkConcurrency(input: unknown): void {
  const shape = '{"concurrency": 1 to 500}';
  const { concurrency } = readFields(input, ['concurrency'], shape);
  check(Number.isInteger(concurrency) && Number(concurrency) >= 1 && Number(concurrency) <= 500, shape);
}

export function checkBudget(input: unknown): void {
  const shape = '{"usd": a number, or null for none}';
  const { usd } = readFields(input, ['usd'], shape);
  check(usd === null || (typeof usd === 'number' && usd >= 0), shape);
}

export function checkDeadline(input: unknown): void {
  const shape = 'one or more of {"batch": "12h", "job": "30h" or null, "then": "fallback", "retry" or "fail"}';
  const { batch, job, then } = readFields(input, ['batch', 'job', 'then'], shape);
  const isDuration = (value: unknown): boolean => typeof value === 'string' && parseDuration(value) !== null;
  check(batch !== undefined || job !== undefined || then !== undefined, shape);
  check(batch === undefined || isDuration(batch), shape);
  check(job === undefined || job === null || isDuration(job), shape);
  check(then === undefined || deadlineActions.some((known) => known === then), shape);
}

export function checkReasons(input: unknown): void {
  const shape = `{"reasons": some of ${itemReasons.join(', ')}}, or nothing`;
  const { reasons = itemReasons } = readFields(input, ['reasons'], shape);
  check(Array.isArray(reasons) && reasons.length > 0, shape);
  check(Array.isArray(reasons) && reasons.every((reason) => itemReasons.some((known) => known === reason)), shape);
}

/** Another round may be requested while the job runs waves. After that, it needs another job. */
export function mustNotEnd(phase: JobPhase): void {
  if (phase !== 'cancelling' && phase !== 'merging' && phase !== 'done') return;
  throw ApplicationFailure.nonRetryable(
    `the job is ${phase}: start another one with \`reuse\` for what failed`,
    'invalid_update',
  );
}

/** An approval given in advance would approve figures that nobody has seen. */
export function mustWaitForApproval(pauses: Pauses): void {
  if (pauses.some(({ reason }) => findRemedy(reason) === 'approve')) return;
  throw ApplicationFailure.nonRetryable('the job does not wait for an approval', 'invalid_update');
}

/** The open batches were told to end when the deadline passed, and cannot be told otherwise. */
export function mustNotBePast(pastDeadline: boolean): void {
  if (!pastDeadline) return;
  throw ApplicationFailure.nonRetryable(
    "the job's deadline has passed and its deadlines cannot change any more: start another one with `reuse` for what failed",
    'invalid_update',
  );
}
