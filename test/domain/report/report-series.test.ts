// The series of a report are bounded, and true to the values that were put in.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { noAnomalies, type Tally } from '../../../domain/outcome/outcome.ts';
import { noUsage } from '../../../domain/outcome/usage.ts';
import { MostExpensiveRows } from '../../../domain/report/expensive-rows.ts';
import { histogram, stepMs } from '../../../domain/report/histogram.ts';
import { openOverTime, Spans } from '../../../domain/report/spans.ts';

const tally = (wave: number, batch: number, createdAt: number | null, endedAt: number | null): Tally => ({
  wave,
  batch,
  lane: 'batch',
  model: 'm',
  items: 1,
  answered: 1,
  retryable: {},
  rejected: {},
  usage: noUsage,
  costUsd: null,
  batchId: null,
  ending: null,
  createdAt,
  endedAt,
  polls: 1,
  anomalies: noAnomalies,
});

const lengths = fc.array(fc.record({ from: fc.nat(100_000), length: fc.nat(10_000) }), { maxLength: 400 });

test('the twenty most expensive rows are kept, whatever the order they come in', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 100 }), (costs) => {
      const expensive = new MostExpensiveRows();
      for (const [row, usd] of costs.entries()) expensive.add(row + 1, usd);
      const sorted = costs.filter((usd) => usd !== null && usd > 0).toSorted((a, b) => Number(b) - Number(a));
      expect(expensive.rows.map(({ usd }) => usd)).toEqual(sorted.slice(0, 20));
      expect(expensive.rows.every(({ row, usd }) => costs[row - 1] === usd)).toBe(true);
    }),
  );
});

test('the longest two hundred batches are kept, in their order, and all are counted', () => {
  fc.assert(
    fc.property(lengths, (given) => {
      const spans = new Spans(0);
      for (const [batch, { from, length }] of given.entries()) spans.add(tally(1, batch + 1, from, from + length));
      const sorted = given.map(({ length }) => length).toSorted((a, b) => b - a);
      expect(spans.count).toBe(given.length);
      expect(spans.longest.map(({ createdAt, endedAt }) => endedAt - createdAt)).toEqual(sorted.slice(0, 200));
      expect(spans.inOrder.map(({ batch }) => batch)).toEqual(
        spans.longest.map(({ batch }) => batch).toSorted((a, b) => a - b),
      );
    }),
  );
});

test('a batch waits from the end of the waves before; without times it has no bar, and where clocks disagree no wait', () => {
  const spans = new Spans(1000);
  for (const one of [
    tally(1, 1, 1500, 9000),
    tally(1, 2, 900, 3000),
    tally(2, 1, 9500, 9900),
    tally(2, 2, null, null),
  ]) {
    spans.add(one);
  }
  expect(spans.inOrder.map(({ waitingSince }) => waitingSince)).toEqual([1000, null, 9000]);
  expect(spans.unknown).toBe(1);
});

test('the number of open batches is never more than there were, ends at zero, and has no more points than a plot', () => {
  fc.assert(
    fc.property(lengths, (given) => {
      const starts = given.map(({ from }) => from);
      const ends = given.map(({ from, length }) => from + length);
      const points = openOverTime(starts, ends);
      const openAt = (at: number): number =>
        given.filter((one) => one.from <= at && at < one.from + one.length + 1).length;
      expect(points.length).toBeLessThanOrEqual(604);
      expect(points.at(-1)?.open ?? 0).toBe(0);
      expect(points.map(({ at }) => at)).toEqual(points.map(({ at }) => at).toSorted((a, b) => a - b));
      expect(points.reduce((most, { open }) => Math.max(most, open), 0)).toBe(
        starts.reduce((most, at) => Math.max(most, openAt(at)), 0),
      );
    }),
  );
});

test('every duration is in one bin of the histogram, and there are no more bins than asked for', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(200 * 3_600_000), { maxLength: 60 }),
      fc.integer({ min: 3, max: 30 }),
      (values, most) => {
        const bins = histogram(values, most);
        expect(bins.length).toBeLessThanOrEqual(most);
        for (const { from, to, count } of bins) {
          expect(values.filter((value) => from <= value && value < to)).toHaveLength(count);
        }
        expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(values.length);
      },
    ),
  );
});

test('marks of time stand at steps that people use', () => {
  expect([90_000, 3_600_000, 24 * 3_600_000, 90 * 24 * 3_600_000].map((length) => stepMs(length, 9))).toEqual([
    10_000,
    600_000,
    3 * 3_600_000,
    240 * 3_600_000,
  ]);
});
