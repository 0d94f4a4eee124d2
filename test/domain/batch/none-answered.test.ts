// A batch that failed and shows no answers: that is believed only after a later poll has shown the same.

import { expect, test } from 'vitest';
import type { EndedBatch } from '../../../domain/batch/evidence.ts';
import { type BatchCase, newCase, nextStep } from '../../../domain/batch/machine.ts';
import { applyEvent } from '../../../domain/batch/transitions.ts';
import { geminiProofs } from '../../../providers/vendors/gemini/endings.ts';
import { bounds } from './rulebook.ts';

const book = { rules: geminiProofs, bounds };
const handle = { id: 'b', createdAt: 0, fileId: null };
const ended: EndedBatch = {
  ending: 'failed',
  status: 'failed',
  counts: { total: 4, done: 0, failed: 0 },
  outputs: [],
  endedAt: 1,
  refusedUnrun: false,
  blamed: [],
};

function seeEnd(known: BatchCase, end: EndedBatch, now: number): BatchCase {
  return applyEvent(known, { kind: 'polled_ended', id: 'b', ended: end, action: 'give_back', named: null }, now, book);
}

test('a batch that counts no answer is polled again before its items are given back, and then it may have some', () => {
  const recovered = applyEvent(
    newCase(3_600_000),
    { kind: 'recovered', ordinal: 0, intent: null, batches: [], settled: false },
    0,
    book,
  );
  const created = applyEvent(recovered, { kind: 'created', handle, twins: [] }, 0, book);
  const first = seeEnd(created, ended, 10_000);
  expect(nextStep(first, 10_000, geminiProofs, bounds)).toMatchObject({ kind: 'hold', why: 'not_shown' });
  expect(nextStep(first, 400_000, geminiProofs, bounds)).toEqual({ kind: 'poll', id: 'b' });
  const again = seeEnd(first, { ...ended, seenAgain: true }, 700_000);
  expect(nextStep(again, 700_000, geminiProofs, bounds)).toEqual({ kind: 'classify', final: false });
  const late = seeEnd(first, { ...ended, counts: { total: 4, done: 3, failed: 0 }, outputs: ['file'] }, 700_000);
  expect(nextStep(late, 700_000, geminiProofs, bounds)).toEqual({ kind: 'read', id: 'b' });
});
