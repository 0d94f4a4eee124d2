// What the end of a batch and the bytes read from it prove decides the outcome of each item: read, not run, lost or unknown.

import { CancelledFailure } from '@temporalio/activity';
import { expect, test } from 'vitest';
import { classify } from '../../../activities/collect/classify.ts';
import { rawFile } from '../../../job-folder/paths.ts';
import type { Store } from '../../../storage/store.ts';
import { jobRef, quietEnvironment } from '../plan/planning.ts';
import { answerLine, errorLine, unrunLine, usdOf, wholeDeps } from '../whole-job.ts';
import { batch, Collection, ended, readOnce, readTwice } from './collection.ts';

test('read: a line decides, whatever the ending says', async () => {
  const site = await Collection.plan([0, 1, 2]);
  expect(await site.tally([batch(ended('expired', 0), readOnce)])).toMatchObject({ answered: 3, retryable: {} });
  expect(site.outcomes).toEqual(['answered', 'answered', 'answered']);
});

test('read: a line of the same item in another batch, or of a similar id, is not an answer to the item', async () => {
  const site = await Collection.plan();
  const [id = ''] = site.ids;
  const flip = (at: number): string => `${id.slice(0, at)}${id[at] === '0' ? '1' : '0'}${id.slice(at + 1)}`;
  const others = [0, 7, 8, 23, 24, 31].map((at) => answerLine(flip(at), 'of another item'));
  site.write(0, [0, 1, 2, ...others]);
  const tally = await site.tally([batch(ended('completed', 3))]);
  expect(tally).toMatchObject({ answered: 3, anomalies: { unknownAnswers: 6, duplicateAnswers: 0 } });
  expect(site.answers.map(({ output }) => output)).toEqual(['own 0', 'own 1', 'own 2']);
});

test('read: an answer in any file counts before an error in another', async () => {
  const site = await Collection.plan();
  site.write(0, [errorLine(site.ids[0] ?? '', 500), 1, 2]);
  site.write(1, [0]);
  expect(
    await site.tally([batch(ended('completed', 3)), batch(ended('cancelled', 1), readTwice, 'twin')]),
  ).toMatchObject({
    answered: 3,
    anomalies: { twinBatches: 1 },
  });
});

test.each(['expired', 'cancelled'] as const)(
  'not run: items beyond the counted ones of a batch that is %s',
  async (ending) => {
    const site = await Collection.plan([1]);
    const tally = await site.tally([batch(ended(ending, 1), readOnce)], { notRunReason: 'deadline' });
    expect(site.outcomes).toEqual(['retryable deadline', 'answered', 'retryable deadline']);
    expect(tally).toMatchObject({
      retryable: { deadline: 2 },
      costUsd: expect.closeTo(usdOf.batch, 9),
      anomalies: { missing: 0, paidWithoutAnswer: 0 },
    });
  },
);

test('not run: a batch that the check refused; only the lines that it blames are rejected', async () => {
  const site = await Collection.plan();
  const refused = ended('failed', 0, { outputs: [], refusedUnrun: true });
  await site.tally([batch(refused, null)], { notRunReason: 'batch_failed', blamed: [2] });
  expect(site.outcomes).toEqual(['retryable batch_failed', 'rejected bad_request', 'retryable batch_failed']);
});

test('what the provider wrote about a line, or about the whole batch, is the detail of the items', async () => {
  const site = await Collection.plan();
  const details = [
    { line: null, detail: 'the file has an error' },
    { line: 2, detail: 'line 2: no model' },
  ];
  await site.recordDetails(details);
  const refused = ended('failed', 0, { outputs: [], refusedUnrun: true });
  await site.tally([batch(refused, null)], { notRunReason: 'batch_failed', blamed: [2] });
  expect(site.answers.map(({ detail }) => detail)).toEqual([
    'the file has an error',
    'line 2: no model',
    'the file has an error',
  ]);
});

test('what the provider wrote about a batch that failed for an unknown reason is the detail of its rows in doubt', async () => {
  const site = await Collection.plan();
  await site.recordDetails([{ line: null, detail: 'evil_code: the disk of the provider is gone' }]);
  await site.tally([batch(ended('failed', 0, { outputs: [] }), null)], { final: true });
  expect(site.answers.map(({ reason, detail }) => [reason, detail])).toEqual(
    Array(3).fill(['in_doubt', 'evil_code: the disk of the provider is gone']),
  );
});

test('not run: no provider batch was made', async () => {
  const site = await Collection.plan();
  expect(await site.tally([], { notRunReason: 'capacity' })).toMatchObject({ answered: 0, retryable: { capacity: 3 } });
});

test('lost: everything there is was read whole, twice, without a line for them', async () => {
  const site = await Collection.plan([0]);
  const tally = await site.tally([batch(ended('completed', 3))]);
  expect(site.outcomes).toEqual(['answered', 'retryable missing', 'retryable missing']);
  expect(tally).toMatchObject({ retryable: { missing: 2 }, anomalies: { missing: 2, paidWithoutAnswer: 2 } });
});

test('lost: fewer lines than an expired batch counts as done', async () => {
  const site = await Collection.plan([0]);
  expect(await site.tally([batch(ended('expired', 2))])).toMatchObject({ retryable: { missing: 2 } });
});

test('lost: a line that says that its item did not run is none of the lines that are counted as done', async () => {
  const site = await Collection.plan([0]);
  site.append(0, `${unrunLine(site.ids[1] ?? '')}\n`);
  expect(await site.classify([batch(ended('expired', 2), readOnce)])).toMatchObject({
    unproven: [{ proof: 'read_again' }],
  });
  expect(await site.tally([batch(ended('expired', 2))])).toMatchObject({
    retryable: { missing: 1, expired: 1 },
    anomalies: { paidWithoutAnswer: 1 },
  });
});

test('unknown: only the items without a line are in doubt', async () => {
  const site = await Collection.plan([1]);
  const tally = await site.tally([batch(null)]);
  expect(site.outcomes).toEqual(['rejected in_doubt', 'answered', 'rejected in_doubt']);
  expect(tally).toMatchObject({
    answered: 1,
    rejected: { in_doubt: 2 },
    anomalies: { missing: 0, paidWithoutAnswer: 0 },
  });
});

test('unknown: a create may have made a batch that nobody has seen', async () => {
  const site = await Collection.plan([0]);
  await site.tally([batch(ended('expired', 1))], { isCreateUnknown: true });
  expect(site.outcomes).toEqual(['answered', 'rejected in_doubt', 'rejected in_doubt']);
});

test.each([
  ['read only once', batch(ended('completed', 3), readOnce), 'read_again'],
  ['not read whole', batch(ended('completed', 3), { ...readTwice, whole: false }), 'unknown'],
  ['of a size that nobody knows', batch(ended('completed', null), { ...readTwice, whole: null }), 'unknown'],
  ['not read', batch(ended('completed', 3), null), 'unknown'],
  ['not shown', batch(ended('completed', 3, { outputs: [] }), null), 'unknown'],
] as const)('output that was %s proves nothing: nothing is written until it is final', async (_, incomplete, proof) => {
  const site = await Collection.plan([0]);
  expect(await site.classify([incomplete])).toEqual({ kind: 'unproven', unproven: [{ id: 'own', proof }] });
  expect(site.written).toEqual([]);
  expect(await site.tally([incomplete], { final: true })).toMatchObject({ answered: 1, rejected: { in_doubt: 2 } });
  expect(site.written).toHaveLength(2);
});

test('output that names every item needs no further reading', async () => {
  const site = await Collection.plan([2, 0, 1]);
  expect(await site.tally([batch(ended('completed', 3), readOnce)])).toMatchObject({ answered: 3 });
});

test('a line in the file of a twin counts as read, and what both ran counts as a duplicate', async () => {
  const site = await Collection.plan([0], [0, 1]);
  const tally = await site.tally([batch(ended('cancelled', 1)), batch(ended('cancelled', 2), readTwice, 'twin')]);
  expect(site.outcomes).toEqual(['answered', 'answered', 'retryable expired']);
  expect(tally).toMatchObject({ answered: 2, anomalies: { duplicateAnswers: 1, twinBatches: 1 } });
});

test('a twin whose lines are lost makes the items lost that the batch itself did not run', async () => {
  const site = await Collection.plan([0], []);
  const tally = await site.tally([batch(ended('cancelled', 1)), batch(ended('cancelled', 2), readTwice, 'twin')]);
  expect(tally).toMatchObject({ retryable: { missing: 2 }, anomalies: { paidWithoutAnswer: 2 } });
});

test('a twin that nobody could read makes the items without a line unknown', async () => {
  const site = await Collection.plan([0]);
  const own = batch(ended('expired', 1));
  const unread = batch(ended('completed', 3), null, 'twin');
  expect(await site.classify([own, unread])).toEqual({
    kind: 'unproven',
    unproven: [{ id: 'twin', proof: 'unknown' }],
  });
  await site.tally([own, batch(null, null, 'twin')]);
  expect(site.outcomes).toEqual(['answered', 'rejected in_doubt', 'rejected in_doubt']);
});

test('a tally that is there is returned as it is', async () => {
  const site = await Collection.plan([0, 1, 2]);
  const tally = await site.tally([batch(ended('completed', 3))]);
  site.write(0, []);
  expect(await site.tally([batch(null)])).toEqual(tally);
});

test('a cancelled attempt reads no further bytes of the output, and writes nothing', async () => {
  const site = await Collection.plan([0, 1, 2]);
  const deps = wholeDeps(site.folder);
  const environment = quietEnvironment();
  let taken = 0;
  const store: Store = {
    ...deps.store,
    read: async function* (uri, options) {
      for await (const chunk of deps.store.read(uri, options)) {
        if (uri !== rawFile({ ...jobRef, wave: 1, batch: 1 })) {
          yield chunk;
          continue;
        }
        for (let at = 0; at < chunk.length; at += 50, taken += 1) {
          yield chunk.subarray(at, at + 50);
          environment.cancel();
        }
      }
    },
  };
  const input = site.describeEnd([batch(ended('completed', 3))]);
  await expect(environment.run(() => classify({ ...deps, store }, input))).rejects.toThrow(CancelledFailure);
  expect(taken).toBe(1);
  expect(site.written).toEqual([]);
});
