// A line without an id is the line of some item that ran. It counts as an item that is paid for again, and says nothing of which one.

import { expect, test } from 'vitest';
import { proveMissing, type Reading } from '../../../domain/batch/evidence.ts';
import { openaiProofs } from '../../../providers/vendors/openai/endings.ts';
import { answerLine } from '../whole-job.ts';
import { batch, Collection, ended, garbage, readOnce, readTwice } from './collection.ts';

test('lines without an id may be those of the missing items: these ran, and their answers cannot be used', async () => {
  const site = await Collection.plan([0, garbage, garbage]);
  const tally = await site.tally([batch(ended('completed', 3), readOnce)]);
  expect(tally).toMatchObject({ retryable: { missing: 2 }, anomalies: { unreadableLines: 2, paidWithoutAnswer: 2 } });
});

test.each([
  [10, 0, 10, 'unknown'],
  [10, 0, 12, 'unknown'],
  [10, 1, 9, 'lost'],
  [9, 0, 9, 'lost'],
  [11, 0, 10, 'unknown'],
] as const)(
  'of %s items, %s have a line and %s lines have no id: the others are %s',
  (items, known, withoutId, proof) => {
    const counts = { total: items, done: items, failed: 0 };
    const end = ended('completed', null, { counts });
    expect(proveMissing(end, openaiProofs, items, readTwice, { known, unrun: 0, withoutId })).toBe(proof);
  },
);

test('a last line that may be cut off has no id: it proves nothing, however often the same bytes come', async () => {
  const site = await Collection.plan([0, 1]);
  site.append(0, garbage);
  const cut = (reading: Partial<Reading>) => batch(ended('completed', 3), { ...readOnce, ...reading });
  const readings = [
    { whole: null },
    { whole: null, confirmed: true },
    { whole: false },
    { whole: false, confirmed: true },
  ];
  for (const reading of readings) {
    expect(await site.classify([cut(reading)])).toEqual({
      kind: 'unproven',
      unproven: [{ id: 'own', proof: 'unknown' }],
    });
  }
  expect(await site.tally([cut({ whole: true })])).toMatchObject({ retryable: { missing: 1 } });
});

test('a line in the middle may be cut off too, because an output may consist of several files', async () => {
  const site = await Collection.plan([0, garbage, 1]);
  const cut = (reading: Partial<Reading>) => batch(ended('completed', 3), { ...readTwice, ...reading });
  for (const whole of [null, false]) {
    expect(await site.classify([cut({ whole })])).toEqual({
      kind: 'unproven',
      unproven: [{ id: 'own', proof: 'unknown' }],
    });
  }
  expect(await site.tally([cut({ whole: true })])).toMatchObject({ retryable: { missing: 1 } });
});

test('a whole line of JSON without an id is not cut off', async () => {
  const site = await Collection.plan([0, '{"custom_id":null}', 1]);
  const reading = { ...readTwice, whole: null };
  expect(await site.tally([batch(ended('completed', 3), reading)])).toMatchObject({
    retryable: { missing: 1 },
    anomalies: { unreadableLines: 1, paidWithoutAnswer: 1 },
  });
});

test('lines without an id count towards the lines that must be there, and lines of strangers do not', async () => {
  const enough = await Collection.plan([0, garbage]);
  expect(await enough.tally([batch(ended('expired', 2))])).toMatchObject({
    answered: 1,
    retryable: { missing: 1, expired: 1 },
  });
  const tooFew = await Collection.plan([0, answerLine('stranger', 'x')]);
  expect(await tooFew.tally([batch(ended('expired', 2))])).toMatchObject({
    retryable: { missing: 2 },
    anomalies: { unknownAnswers: 1 },
  });
});

test.each(['expired', 'cancelled'] as const)(
  'for each line without an id, one item of a batch that is %s ran and is paid again; the others did not run',
  async (ending) => {
    const site = await Collection.plan([garbage, 1]);
    const tally = await site.tally([batch(ended(ending, 2), readOnce)], { notRunReason: 'deadline' });
    expect(site.outcomes).toEqual(['retryable missing', 'answered', 'retryable deadline']);
    expect(tally).toMatchObject({
      retryable: { missing: 1, deadline: 1 },
      anomalies: { unreadableLines: 1, missing: 1, paidWithoutAnswer: 1 },
    });
  },
);

test('lines without an id of a batch and of its twin are counted together, and never for more than the missing items', async () => {
  const site = await Collection.plan([0, garbage], [garbage, garbage]);
  const tally = await site.tally([batch(ended('cancelled', 2)), batch(ended('cancelled', 2), readTwice, 'twin')]);
  expect(tally).toMatchObject({
    retryable: { missing: 2 },
    anomalies: { unreadableLines: 3, paidWithoutAnswer: 2 },
  });
});

test('a line without an id releases nothing that is unknown: it may be the line of any of the items', async () => {
  const site = await Collection.plan([0, garbage]);
  const tally = await site.tally([batch(null)]);
  expect(site.outcomes).toEqual(['answered', 'rejected in_doubt', 'rejected in_doubt']);
  expect(tally).toMatchObject({ retryable: {}, anomalies: { paidWithoutAnswer: 0 } });
});
