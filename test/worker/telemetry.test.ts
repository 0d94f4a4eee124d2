// What the worker's log says of an error.

import { ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { nameError } from '../../worker/monitoring/telemetry.ts';

test('a failure of an activity is named by its code and its message', () => {
  const error = ApplicationFailure.nonRetryable('output: runs/a/ belongs to a', 'output_claimed');
  expect(nameError({ error, attempt: 1 })).toEqual({
    code: 'output_claimed',
    message: 'output: runs/a/ belongs to a',
    attempt: 1,
  });
});

test('of any other error only the class is logged, since its message may quote anything', () => {
  expect(nameError({ error: new SyntaxError('Unexpected token in "a prompt"') })).toEqual({ code: 'SyntaxError' });
  expect(nameError({ error: { body: 'a prompt' } })).toEqual({ code: 'object' });
});

test('what the workflow itself said of its failure is kept', () => {
  const named = { code: 'dataset_missing', message: 'dataset: there is no file rows.jsonl under the data root' };
  expect(nameError({ error: new Error('as it reached the worker'), ...named })).toEqual(named);
});
