// Which mode suits a job, and why.

import { expect, test } from 'vitest';
import { chooseMode, type ModeFacts } from '../../../domain/plan/choose-mode.ts';

const [minuteMs, hourMs] = [60_000, 3_600_000];
const facts: ModeFacts = {
  items: 10_000,
  callTokens: 2_000_000,
  realtime: { concurrency: 16, rpm: 100, tpm: null },
  hasBatches: true,
  itemsMin: 50,
  wantedMs: null,
  windowMs: 24 * hourMs,
  batchUsd: 10,
  realtimeUsd: 20,
};
const choose = (change: Partial<ModeFacts>) => chooseMode({ ...facts, ...change });

test.each<[string, Partial<ModeFacts>, object]>([
  ['nobody waits for it', {}, { mode: 'batch', upTo: null, usd: 10 }],
  ['a batch is quick enough', { wantedMs: 24 * hourMs }, { mode: 'batch' }],
  ['the lane answers all in time', { wantedMs: 2 * hourMs }, { mode: 'realtime', upTo: null, usd: 20 }],
  ['the lane answers half in time', { wantedMs: 50 * minuteMs }, { mode: 'hybrid', upTo: 5000, usd: 15 }],
  [
    'tokens are the limit',
    { wantedMs: 50 * minuteMs, realtime: { concurrency: 16, rpm: 1000, tpm: 10_000 } },
    { mode: 'hybrid', upTo: 2500 },
  ],
  [
    'calls at the same time are the limit',
    { wantedMs: 50 * minuteMs, realtime: { concurrency: 1, rpm: null, tpm: null } },
    { mode: 'hybrid', upTo: 600 },
  ],
  ['there is time for one call', { wantedMs: 1 }, { mode: 'hybrid', upTo: 1 }],
  ['there are few rows', { items: 49 }, { mode: 'realtime' }],
  ['there are as many rows as a batch needs', { items: 50 }, { mode: 'batch' }],
  ['a batch costs no less', { batchUsd: 20 }, { mode: 'realtime' }],
  ['a batch costs no less, and the lane needs a week', { batchUsd: 20, items: 1_000_000 }, { mode: 'batch' }],
  ['the prices are not known', { batchUsd: null, realtimeUsd: null }, { mode: 'batch', usd: null }],
  ['there are no batches', { hasBatches: false }, { mode: 'realtime' }],
])('if %s', (_what, change, expected) => {
  expect(choose(change)).toMatchObject(expected);
});

test('the reasons name what is wanted, what a batch and the lane need, and what each costs', () => {
  expect(choose({ wantedMs: 50 * minuteMs }).reasons).toEqual([
    'a batch may take 24h',
    'all answers are wanted within 50m (`deadline.job`)',
    'the realtime lane answers 10,000 rows in about 1h 40m',
    'about 5,000 rows can be answered in that time, and the others go in batches',
    'all rows in batches cost $10.0, in realtime $20.0',
  ]);
  expect(choose({ batchUsd: null }).reasons).toContain('the cost in each lane is not known');
});

test('without limits, the speed of the lane is said to be a guess', () => {
  const { reasons } = choose({ items: 49, realtime: { concurrency: 16, rpm: null, tpm: null } });
  expect(reasons.join()).toContain('if the provider allows 16 calls at a time of 5s each');
});
