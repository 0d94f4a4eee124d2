// Unknown costs stay unknown in every sum, and a budget is charged their estimate, however the batches are gathered.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chargedUsd } from '../../../domain/money/budget.ts';
import { estimateShare, readUnpriced } from '../../../domain/money/unpriced.ts';
import { noAnomalies, type Tally } from '../../../domain/outcome/outcome.ts';
import { noUsage } from '../../../domain/outcome/usage.ts';
import { addTally, addTotals, noTotals, type Totals } from '../../../domain/waves/totals.ts';

const tallyOf = (change: Partial<Tally>): Tally => ({
  wave: 1,
  batch: 1,
  lane: 'batch',
  model: 'm',
  items: 10,
  answered: 10,
  retryable: {},
  rejected: {},
  usage: noUsage,
  costUsd: null,
  batchId: null,
  ending: null,
  createdAt: null,
  endedAt: null,
  polls: 0,
  anomalies: noAnomalies,
  ...change,
});

const batches = fc.array(
  fc
    .record({ items: fc.integer({ min: 1, max: 50 }), cents: fc.nat(40), estimate: fc.nat(900), share: fc.nat(50) })
    .map(({ items, cents, estimate, share }) => {
      const some = Math.min(share, items);
      const unpriced = { items: some, usd: estimateShare(some, items, estimate) };
      // With nothing known, nothing is charged but the estimate.
      const costUsd = some === items ? null : cents;
      return { estimate, tally: tallyOf({ items, answered: items, costUsd, unpriced }) };
    }),
  { maxLength: 20 },
);

test('a budget is charged the same, batch by batch or by the sums of waves and segments', () => {
  fc.assert(
    fc.property(batches, fc.nat(20), (all, cut) => {
      const single = all.reduce((sum, { tally, estimate }) => sum + (chargedUsd(tally, estimate) ?? 0), 0);
      const sum = (some: typeof all): Totals => some.reduce((total, { tally }) => addTally(total, tally), noTotals);
      const totals = addTotals(sum(all.slice(0, cut)), sum(all.slice(cut)));
      expect(chargedUsd(totals, null) ?? 0).toBeCloseTo(single, 6);
      expect(addTotals(sum(all.slice(cut)), sum(all.slice(0, cut)))).toEqual(totals);
    }),
  );
});

test('an item of unknown cost is charged its estimate, and never less than the other items cost', () => {
  fc.assert(
    fc.property(batches, (all) => {
      for (const { tally, estimate } of all) {
        const charged = chargedUsd(tally, estimate) ?? 0;
        expect(charged).toBeGreaterThanOrEqual(tally.costUsd ?? 0);
        if (tally.unpriced?.items === tally.items) expect(charged).toBeCloseTo(estimate, 9);
      }
    }),
  );
});

test('a sum of known costs says how much it lacks; failed items that cost nothing make no unknown cost known', () => {
  const bare = tallyOf({ unpriced: { items: 10, usd: 2 } });
  const paid = tallyOf({ costUsd: 3, unpriced: { items: 0, usd: 0 } });
  const failed = tallyOf({ answered: 0, rejected: { bad_request: 10 }, costUsd: 0, unpriced: { items: 0, usd: 0 } });
  expect(addTally(addTally(noTotals, bare), failed)).toMatchObject({ costUsd: null, unpriced: { items: 10, usd: 2 } });
  expect(addTally(addTally(noTotals, bare), paid)).toMatchObject({ costUsd: 3, unpriced: { items: 10, usd: 2 } });
  expect(addTally(noTotals, failed)).toMatchObject({ costUsd: 0, unpriced: { items: 0 } });
  const noEstimate = tallyOf({ unpriced: { items: 1, usd: null } });
  expect(addTally(addTally(noTotals, bare), noEstimate).unpriced).toEqual({ items: 11, usd: null });
});

test('tallies and sums of an earlier version are read: without any cost all their items are of unknown cost', () => {
  expect(readUnpriced(tallyOf({}), 4)).toEqual({ items: 10, usd: 4 });
  expect(readUnpriced(tallyOf({ costUsd: 1 }), 4)).toEqual({ items: 0, usd: 0 });
  expect(readUnpriced(tallyOf({ costUsd: 1, rejected: { in_doubt: 5 } }), 4)).toEqual({ items: 5, usd: 2 });
  const { unpriced: _, ...older } = noTotals;
  expect(addTotals(older, tallyOf({ costUsd: 1 }) as never)).toMatchObject({ costUsd: 1, unpriced: { items: 0 } });
  // A workflow that was decided by such a tally decides the same when it is replayed.
  expect(chargedUsd(tallyOf({}), 4)).toBeNull();
});
