// When prices count as old.

import { expect, test } from 'vitest';
import { describePriceAge } from '../../../domain/money/price-age.ts';

const at = (date: string): number => Date.parse(date);

test('prices are old after ninety days, and the warning says how old', () => {
  expect(describePriceAge('2026-01-01', at('2026-04-01'))).toEqual([]);
  expect(describePriceAge('2026-01-01', at('2026-04-02T00:00:00Z'))).toEqual([
    'the prices are of 2026-01-01, 91 days ago: costs may be wrong; give newer ones in NIGHTSHIFT_PRICES',
  ]);
});

test('a date that cannot be read is not a reason to warn', () => {
  expect(describePriceAge('some day', at('2030-01-01'))).toEqual([]);
});
