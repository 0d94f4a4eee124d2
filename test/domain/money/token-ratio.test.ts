// The sample of rows, and the interval that it gives for the tokens of all rows.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addSampled,
  computeRatio,
  findFactor,
  noTokens,
  type TokenRatio,
  type TokenSums,
  weighRow,
} from '../../../domain/money/token-ratio.ts';

interface Row {
  readonly counted: number;
  readonly estimated: number;
}

const sumUp = (rows: readonly Row[]): TokenRatio | null =>
  computeRatio(
    'm',
    rows.length,
    rows.reduce<TokenSums>(
      (sums, { counted, estimated }, index) =>
        weighRow(index + 1) === 0 ? sums : addSampled(sums, index + 1, counted, estimated),
      noTokens,
    ),
  );

const trueRatio = (rows: readonly Row[]): number =>
  rows.reduce((sum, { counted }) => sum + counted, 0) / rows.reduce((sum, { estimated }) => sum + estimated, 0);

test.for([
  { rows: 10_000, most: 700 },
  { rows: 1_000_000, most: 1150 },
])('of $rows rows about a hundred times the logarithm is in the sample, and they stand for all', ({ rows, most }) => {
  let [sampled, stoodFor] = [0, 0];
  for (let row = 1; row <= rows; row++) {
    const weight = weighRow(row);
    sampled += weight > 0 ? 1 : 0;
    stoodFor += weight;
  }
  expect(sampled).toBeLessThan(most);
  expect(sampled).toBeGreaterThan(most / 2);
  expect(stoodFor / rows).toBeGreaterThan(0.8);
  expect(stoodFor / rows).toBeLessThan(1.2);
});

test('every part of a dataset has its share of the sample', () => {
  for (let from = 1000; from < 1_000_000; from *= 2) {
    let stoodFor = 0;
    for (let row = from; row < 2 * from; row++) stoodFor += weighRow(row);
    expect(stoodFor / from).toBeGreaterThan(0.6);
    expect(stoodFor / from).toBeLessThan(1.4);
  }
});

const row = fc.record({ counted: fc.integer({ min: 1, max: 5000 }), estimated: fc.integer({ min: 1, max: 5000 }) });

test('if all rows are in the sample, the estimate is never below the count, and the interval is a point', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 100 }), (rows) => {
      const found = sumUp(rows);
      const counted = rows.reduce((sum, each) => sum + each.counted, 0);
      const estimated = rows.reduce((sum, each) => sum + each.estimated, 0);
      expect(Math.ceil(estimated * findFactor(found === null ? [] : [found], 'm'))).toBeGreaterThanOrEqual(counted);
      expect((found?.high ?? 1) - (found?.low ?? 0)).toBeLessThanOrEqual(0.0002);
    }),
  );
});

test('the interval holds the ratio of all rows in about 95 of 100 datasets', () => {
  const random = makeRandom(7);
  const datasets = 300;
  let held = 0;
  for (let dataset = 0; dataset < datasets; dataset++) {
    const [level, noise] = [0.5 + 2 * random(), random()];
    const rows = Array.from({ length: 3000 }, (): Row => {
      const estimated = 20 + Math.floor(300 * random() ** 2);
      return { estimated, counted: estimated * level * (1 + noise * (random() - 0.5)) };
    });
    const found = sumUp(rows);
    const ratio = trueRatio(rows);
    if (found !== null && found.low <= ratio && ratio <= found.high) held += 1;
  }
  expect(held / datasets).toBeGreaterThan(0.92);
});

test('a few rows of many have no ratio', () => {
  const sums = Array.from({ length: 7 }, (_, index) => index + 1).reduce<TokenSums>(
    (sum, each) => addSampled(sum, each, 10, 9),
    noTokens,
  );
  expect(computeRatio('m', 7, sums)).toMatchObject({ rows: 7, ratio: 1.1111, high: 1.1112 });
  expect(computeRatio('m', 8, sums)).toBeNull();
});

test('the factor is never below 1, and 1 for a model without a ratio', () => {
  const ratio = { model: 'm', rows: 9, ratio: 0.7, low: 0.6, high: 0.8 };
  expect(findFactor([ratio], 'm')).toBe(1);
  expect(findFactor([{ ...ratio, high: 1.3 }], 'm')).toBe(1.3);
  expect(findFactor([{ ...ratio, high: 1.3 }], 'other')).toBe(1);
  expect(findFactor(undefined, 'm')).toBe(1);
});

function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x80000000;
  };
}
