// Samples of a rollout, and the checks that a step must meet.

import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { itemKey } from '../../../domain/ids.ts';
import { describeChecks, findStep, judgeStep, listUnmet } from '../../../domain/waves/rollout.ts';
import { noTotals } from '../../../domain/waves/totals.ts';

const keys = Array.from({ length: 20_000 }, (_, at) =>
  itemKey(createHash('sha256').update(String(at)).digest('hex').slice(0, 24)),
);

test('each step takes its share of the items, and the last one the rest', () => {
  const steps = [0.01, 0.1, 1];
  const counts = [0, 0, 0];
  for (const key of keys) counts[findStep(key, steps) - 1] = (counts[findStep(key, steps) - 1] ?? 0) + 1;
  const shares = counts.map((count) => count / keys.length);
  for (const [at, share] of [0.01, 0.09, 0.9].entries()) expect(shares[at]).toBeCloseTo(share, 2);
});

test('the first and the last key belong to the first and the last step', () => {
  expect(findStep(itemKey('0'.repeat(24)), [0.01, 1])).toBe(1);
  expect(findStep(itemKey('f'.repeat(24)), [0.01, 1])).toBe(2);
});

const policy = { steps: [0.1, 1], maxErrorRate: 0.05, approve: false };
const totals = { ...noTotals, items: 100, answered: 97, costUsd: 0.5 };

test.each([
  ['errors and costs within the limits', totals, 0.5, []],
  ['too many errors', { ...totals, answered: 90, retryable: { provider_error: 10 } }, 0.5, ['errors']],
  [
    'invalid answers, which do not count as errors',
    { ...totals, answered: 90, retryable: { invalid_output: 4 }, rejected: { invalid_output: 6 } },
    0.5,
    ['invalid answers'],
  ],
  ['rows that cost far more than forecast', totals, 0.4, ['cost per row']],
  ['rows that cost a little more than forecast', totals, 0.45, []],
  ['rows without a forecast', totals, null, []],
  ['no rows', noTotals, 0, []],
])('a step with %s', (_title, step, forecastUsd, unmet) => {
  expect(listUnmet(judgeStep(1, step, forecastUsd, policy)).map(({ what }) => what)).toEqual(unmet);
});

test('a pause says all figures with their limits', () => {
  expect(describeChecks(judgeStep(1, { ...totals, answered: 90 }, 0.5, policy))).toBe(
    'errors 10.0%, above 5.0%; invalid answers 0.0%, within 5.0%; cost per row $0.00500, within $0.00600',
  );
});
