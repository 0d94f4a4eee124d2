// The facts of answers that are found without parsing them.

import { expect, test } from 'vitest';
import { formatResult, type ResultLine } from '../../domain/outcome/merge.ts';
import { scanAnswers } from '../../threads/tasks/scan-answers.ts';

const result: ResultLine = {
  id: 'a',
  row: 1,
  status: 'answered',
  output: null,
  usage: null,
  costUsd: 0.25,
  attempts: 1,
  lane: 'batch',
  model: 'm',
  finishReason: 'stop',
  batchId: 'b',
  key: '0'.repeat(24),
  customId: '0'.repeat(32),
};

const text = '"costUsd":99,';

test.for<[string, Partial<ResultLine>, number]>([
  ['an output with such a member', { output: { costUsd: 99, inner: { costUsd: null } } }, 0.25],
  ['a text with such a member', { output: text }, 0.25],
  ['an id with such a member', { id: text }, 0.25],
  ['later texts with such a member', { model: text, finishReason: text, batchId: text }, 0.25],
  ['a cost that is not known', { output: { costUsd: 99 }, costUsd: null }, Number.NaN],
  ['a small cost', { costUsd: 1.25e-7 }, 1.25e-7],
])('the cost of an answer is its own: %s', ([, change, costUsd]) => {
  const line = `${formatResult({ ...result, ...change }).line}\n`;
  const { rows, costs, isResult } = scanAnswers({ bytes: new Uint8Array(Buffer.from(line)) });
  expect([[...rows], [...costs], [...isResult]]).toEqual([[1], [costUsd], [1]]);
});
