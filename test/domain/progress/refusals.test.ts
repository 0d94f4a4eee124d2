// Refusals in a row: they pause the job, a person's resume lets it try again, and an accepted batch ends the row.

import { expect, test } from 'vitest';
import type { Tally } from '../../../domain/outcome/outcome.ts';
import {
  acknowledge,
  countRefusal,
  mustPause,
  mustPauseBeforeFallback,
  noRefusals,
  type Refusals,
} from '../../../domain/progress/refusals.ts';

const tally = (refusal: string | null, change: Partial<Tally> = {}): Tally =>
  ({ lane: 'batch', batchId: refusal === null ? 'batch_1' : null, refusal, ...change }) as Tally;
const count = (...tallies: Tally[]): Refusals => tallies.reduce(countRefusal, noRefusals);
const refused = tally('refused');

test('three refusals for the same reason pause the job', () => {
  expect([1, 2, 3].map((times) => mustPause(count(...Array<Tally>(times).fill(refused))))).toEqual([
    false,
    false,
    true,
  ]);
  expect(mustPause(count(refused, refused, tally('too_large')))).toBe(false);
});

test('a batch that the provider accepts ends the row; one that was never sent and a realtime one do not', () => {
  expect(count(refused, refused, tally(null)).inRow).toBe(0);
  expect(count(refused, tally(null, { batchId: null }), refused).inRow).toBe(2);
  expect(count(refused, tally(null, { lane: 'realtime' }), refused).inRow).toBe(2);
});

test('after a person resumed the job, the reason comes back if the provider still refuses', () => {
  const resumed = acknowledge(count(refused, refused, refused));
  expect(mustPause(resumed)).toBe(false);
  expect(mustPause([refused, refused, refused].reduce(countRefusal, resumed))).toBe(true);
});

test('if no batch was ever accepted, a fallback of everything waits for a person', () => {
  const twice = count(refused, refused);
  expect(mustPauseBeforeFallback(twice)).toBe(true);
  expect(mustPauseBeforeFallback(count(refused))).toBe(false);
  expect(mustPauseBeforeFallback(count(tally(null), refused, refused))).toBe(false);
  expect(mustPauseBeforeFallback(acknowledge(twice))).toBe(false);
});
