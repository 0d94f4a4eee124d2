// What an update must look like to be accepted: a refused one writes nothing to history.

import { ApplicationFailure } from '@temporalio/common';
import { parseDuration } from '../domain/duration.ts';
import type { DeadlineChange } from './messages.ts';

export function must(condition: boolean, expected: string): void {
  if (!condition) throw ApplicationFailure.nonRetryable(`expected ${expected}`, 'invalid_update');
}

export function checkDeadline(input: DeadlineChange): void {
  const isDuration = (value: unknown): boolean => typeof value === 'string' && parseDuration(value) !== null;
  must(input?.batch === undefined || isDuration(input.batch), '{"batch": a duration like "12h"}');
  must(
    input.job === undefined || input.job === null || isDuration(input.job),
    '{"job": a duration like "30h", or null}',
  );
  must(
    input.then === undefined || ['fallback', 'retry', 'fail'].includes(input.then),
    '{"then": "fallback", "retry" or "fail"}',
  );
}
