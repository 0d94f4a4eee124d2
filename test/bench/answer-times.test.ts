// How the benchmark of the asynchronous tier counts: each item has one answer, and its time is that of the message of its flush.

import { expect, test } from 'vitest';
import { measureAnswers } from '../../bench/gateway/answer-times.ts';

const sent = new Map(Array.from({ length: 100 }, (_, index) => [`i-${index}`, index * 10]));
const ids = (from: number, until: number): string[] => [...sent.keys()].slice(from, until);

test('the time of an item goes from its own call to the message of its flush', () => {
  const flushes = [
    { atMs: 2_000, ids: ids(50, 100) },
    { atMs: 1_000, ids: ids(0, 50) },
  ];
  // Items 0 to 49 take 1,000 to 510 ms; items 50 to 99 take 1,500 to 1,010 ms.
  expect(measureAnswers(sent, flushes)).toEqual({ p50Ms: 1_010, p99Ms: 1_500, mostMs: 1_500 });
});

test.each([
  ['an item without an answer', [{ atMs: 1, ids: ids(0, 99) }], '1 items have no answer, e.g. i-99'],
  ['no answer at all', [], '100 items have no answer, e.g. i-0'],
  [
    'an item with two answers',
    [
      { atMs: 1, ids: ids(0, 100) },
      { atMs: 2, ids: ids(7, 8) },
    ],
    'i-7 is answered twice',
  ],
  ['an answer of no item', [{ atMs: 1, ids: ['x'] }], 'x is answered, and was never sent'],
])('%s fails the measurement', (_, flushes, message) => {
  expect(() => measureAnswers(sent, flushes)).toThrow(message);
});
