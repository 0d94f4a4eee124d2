// Checks the argument of an update. Used by validators: a refused update writes nothing to history.

import { ApplicationFailure } from '@temporalio/common';

export function check(isMet: boolean, expected: string): void {
  if (!isMet) throw ApplicationFailure.nonRetryable(`expected ${expected}`, 'invalid_update');
}

/** The fields of an update's argument. Unknown fields are refused, because a misspelt field would silently change nothing. */
export function readFields(
  input: unknown,
  known: readonly string[],
  expected: string,
): Partial<Record<string, unknown>> {
  const fields = input ?? {};
  check(typeof fields === 'object' && !Array.isArray(fields), expected);
  check(
    Object.keys(fields).every((field) => known.includes(field)),
    expected,
  );
  return fields;
}
