// Forecasts of a job's cost and output from its ended batches.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addSpending,
  type Forecast,
  forecast,
  nothingSpent,
  readSpending,
  readWhole,
  type Spending,
} from '../../../domain/money/forecast.ts';
import { noAnomalies, type Tally } from '../../../domain/outcome/outcome.ts';
import { noUsage } from '../../../domain/outcome/usage.ts';
import { Halfway } from '../../../domain/report/halfway.ts';
import { addTally, addTotals, noTotals } from '../../../domain/waves/totals.ts';

const makeTally = (change: Partial<Tally> = {}): Tally => ({
  wave: 1,
  batch: 1,
  lane: 'batch',
  model: 'm',
  items: 100,
  answered: 100,
  retryable: {},
  rejected: {},
  usage: { ...noUsage, input: 1000, output: 2000 },
  costUsd: 1,
  unpriced: { items: 0, usd: 0 },
  estimatedUsd: 4,
  batchId: 'b',
  ending: 'completed',
  createdAt: 0,
  endedAt: 1,
  polls: 1,
  anomalies: noAnomalies,
  ...change,
});

const makeEarlier = (): Tally => {
  const { estimatedUsd: _, ...tally } = makeTally();
  return tally;
};

const sumUp = (tallies: readonly Tally[]): Spending | undefined =>
  tallies.reduce<Spending | undefined>((sum, each) => addSpending(sum, readSpending(each)), nothingSpent);

const whole = { items: 1000, usd: 40 };

test('one batch says what to expect, between what is spent and the estimate of the rest', () => {
  expect(forecast(sumUp([makeTally()]), whole)).toEqual({
    usd: 10,
    lowUsd: 1,
    highUsd: 37,
    outputTokens: 20_000,
    lowOutputTokens: 2000,
    highOutputTokens: null,
    basis: 100,
  });
});

test('the rest of the work counts by its estimate: urgent batches at twice the price do not double the rest', () => {
  const urgent = makeTally({ lane: 'realtime', items: 200, answered: 200, costUsd: 4, estimatedUsd: 16 });
  expect(forecast(sumUp([urgent]), { items: 1000, usd: 16 + 32 })).toMatchObject({ usd: 12 });
});

test('batches that took more than their estimate make it no bound', () => {
  const dear = [5, 6].map((costUsd) => makeTally({ costUsd }));
  expect(forecast(sumUp(dear.slice(1)), whole)).toMatchObject({ usd: 60, highUsd: null });
  expect(forecast(sumUp(dear), whole)?.highUsd).toBeGreaterThan(60);
});

test('without an estimate, items count', () => {
  const tally = makeTally({ estimatedUsd: null });
  expect(forecast(sumUp([tally]), { items: 1000, usd: null })).toMatchObject({ usd: 10, lowUsd: 1, highUsd: null });
});

test('items that are sent again count when they are settled, and what they took counts all the same', () => {
  const half = makeTally({ answered: 40, rejected: { refused: 10 }, retryable: { expired: 50 }, costUsd: 0.5 });
  expect(forecast(sumUp([half]), whole)).toMatchObject({ usd: 10, basis: 50 });
  const lost = makeTally({ answered: 0, retryable: { truncated: 100 }, costUsd: 1 });
  expect(forecast(sumUp([lost]), whole)).toBeNull();
  expect(forecast(sumUp([lost, makeTally()]), whole)).toMatchObject({ usd: 20, basis: 100 });
});

describe('there is no forecast', () => {
  test.for([
    ['before a batch has ended', [], whole],
    ['when nothing is left', [makeTally()], { items: 100, usd: 4 }],
    ['if a tally is of an earlier version', [makeEarlier(), makeTally()], whole],
  ] as const)('%s', ([, tallies, work]) => {
    expect(forecast(sumUp(tallies), work)).toBeNull();
  });

  test('of a cost that no batch knows, but there is one of the output', () => {
    const unknown = makeTally({ costUsd: null, estimatedUsd: null, unpriced: { items: 100, usd: null } });
    expect(forecast(sumUp([unknown]), whole)).toMatchObject({ usd: null, lowUsd: null, outputTokens: 20_000 });
  });
});

const batches = fc.array(
  fc.record({
    answered: fc.integer({ min: 1, max: 100 }),
    costUsd: fc.double({ min: 0.01, max: 4, noNaN: true }),
    estimatedUsd: fc.double({ min: 4, max: 8, noNaN: true }),
  }),
  { minLength: 1, maxLength: 20 },
);

test('the interval holds the forecast, and lies between what is spent and the estimate', () => {
  fc.assert(
    fc.property(batches, (some) => {
      const tallies = some.map((each) => makeTally({ ...each, retryable: { expired: 100 - each.answered } }));
      const work = { items: 5000, usd: 400 };
      const found = forecast(sumUp(tallies), work);
      const spent = some.reduce((sum, { costUsd }) => sum + costUsd, 0);
      expect(found?.lowUsd).toBeGreaterThanOrEqual(spent - 1e-6);
      expect(found?.usd).toBeGreaterThanOrEqual(found?.lowUsd ?? Number.POSITIVE_INFINITY);
      expect(found?.highUsd ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(found?.usd ?? 0);
    }),
  );
});

test('it does not matter in which groups batches are added up', () => {
  const tallies = [1, 2, 3, 4].map((costUsd) => makeTally({ costUsd }));
  const [a, b] = [tallies.slice(0, 1), tallies.slice(1)].map((some) => some.reduce(addTally, noTotals));
  expect(addTotals(a ?? noTotals, b ?? noTotals)).toEqual(tallies.reduce(addTally, noTotals));
  expect(addTally(noTotals, makeTally()).spending).toMatchObject({ batches: 1, items: 100 });
  expect(addTally(noTotals, makeEarlier())).not.toHaveProperty('spending');
});

test('the interval of the first batches holds the cost of the whole job in about 95 of 100 jobs', () => {
  let state = 3;
  const random = (): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) / 0x800000;
  };
  const jobs = 400;
  let held = 0;
  for (let job = 0; job < jobs; job++) {
    const [level, noise] = [0.2 + 0.5 * random(), 0.5 * random()];
    const tallies = Array.from({ length: 40 }, () => {
      const estimatedUsd = 2 + 4 * random();
      return makeTally({ estimatedUsd, costUsd: estimatedUsd * level * (1 + noise * (random() - 0.5)) });
    });
    const usd = tallies.reduce((sum, each) => sum + (each.estimatedUsd ?? 0), 0);
    const cost = tallies.reduce((sum, each) => sum + (each.costUsd ?? 0), 0);
    const found = forecast(sumUp(tallies.slice(0, 5)), { items: 4000, usd });
    if ((found?.lowUsd ?? 0) <= cost && cost <= (found?.highUsd ?? 0)) held += 1;
  }
  expect(held / jobs).toBeGreaterThan(0.92);
});

test('halfway, the batches that ended first count', () => {
  const halfway = new Halfway();
  for (const [endedAt, costUsd] of [
    [4, 9],
    [1, 1],
    [3, 9],
    [2, 1],
  ] as const) {
    halfway.add(makeTally({ endedAt, costUsd }));
  }
  expect(halfway.forecast({ items: 400, usd: 16 })).toMatchObject({ usd: 4, basis: 200 } satisfies Partial<Forecast>);
  expect(new Halfway().forecast(whole)).toBeNull();
});

test('while rows fall back, which cost more than was planned, something is still expected of those that are left', () => {
  const half = makeTally({ answered: 50, retryable: { expired: 50 }, costUsd: 2, estimatedUsd: 4 });
  const fellBack = makeTally({ lane: 'realtime', items: 25, answered: 25, costUsd: 2, estimatedUsd: 2 });
  const plan = { items: 100, estimate: { usd: 4 } };
  const { usd, highUsd } = forecast(sumUp([half, fellBack]), readWhole(plan, true)) ?? {};
  // Four dollars are spent, and 25 rows are left, which cost two more.
  expect(usd).toBeGreaterThan(5);
  expect(highUsd).toBeGreaterThan(6);
  expect(readWhole(plan, false).usd).toBe(4);
});
