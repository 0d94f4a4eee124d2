// The page's words: money and times as report.html writes them.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { percent, size, time, usd } from '../../../../client/gateway/page/browser/words.ts';
import { instant, usd as usdOfReport } from '../../../../report/figures.ts';

test('money and times are those of the report', () => {
  for (const amount of [0, 0.5, 1, 999.999, 1_234_567.8, 0.000_000_123, 0.009_99, -3]) {
    expect(usd(amount)).toBe(usdOfReport(amount));
  }
  fc.assert(
    fc.property(fc.double({ min: -1e9, max: 1e9, noNaN: true }), (amount) => usd(amount) === usdOfReport(amount)),
  );
  const times = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true });
  fc.assert(fc.property(times, (at) => time(at.getTime()) === instant(at.getTime())));
  expect(usd(null)).toBe('–');
});

test('a part is never said to be the whole', () => {
  expect([0, 0.004, 0.999, 1].map(percent)).toEqual(['0 %', '0 %', '99 %', '100 %']);
});

test('sizes', () => {
  expect([0, 999, 1000, 1_234_567, 8e9, 5e12].map(size)).toEqual([
    '0 bytes',
    '999 bytes',
    '1 kB',
    '1.23 MB',
    '8 GB',
    '5000 GB',
  ]);
});
