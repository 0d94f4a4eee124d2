// What the end of a batch and the bytes read from it prove decides the outcome of each item: read, not run, lost or unknown.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { type ClassifyResult, classify } from '../../../activities/collect/classify.ts';
import type { ClassifyInput } from '../../../activities/collect/classify-input.ts';
import type { EndedBatch, Reading } from '../../../domain/batch/evidence.ts';
import type { AnswerLine, ItemLine, Tally } from '../../../domain/outcome/outcome.ts';
import { answersFile, rawFile, tallyFile } from '../../../job-folder/paths.ts';
import { type Folder, folderWith, jobRef, makeRows, output, quietEnvironment } from '../plan/planning.ts';
import { answerLine, errorLine, findPlanned, usdOf, wholeDeps } from '../whole-job.ts';

type Batch = ClassifyInput['batches'][number];

const ref = { ...jobRef, wave: 1, batch: 1 };
const garbage = '{"custom_id": cut';

const readTwice: Reading = { bytes: 1, crc32: 'a', whole: true, at: 0, confirmed: true };
const readOnce: Reading = { ...readTwice, confirmed: false };

const ended = (ending: EndedBatch['ending'], done: number | null, change: Partial<EndedBatch> = {}): EndedBatch => ({
  ending,
  status: ending,
  counts: done === null ? null : { total: 3, done, failed: 0 },
  outputs: ['output'],
  endedAt: 1000,
  refusedUnrun: false,
  blamed: [],
  ...change,
});

const batch = (end: EndedBatch | null, reading: Reading | null = readTwice, id = 'own'): Batch => ({
  handle: { id, createdAt: 0, fileId: null },
  phase: end === null ? 'unresolved' : 'ended',
  ended: end,
  reading,
  final: false,
});

/** Three items of one batch, and the raw files of its provider batches: each gives the places of the items with a line. */
class Collection {
  readonly folder: Folder;
  readonly ids: readonly string[];

  private constructor(folder: Folder) {
    this.folder = folder;
    this.ids = folder.lines<ItemLine>('plan/wave-1/batch-0001.items.jsonl').map(({ customId }) => customId);
  }

  static async plan(...files: readonly (readonly (number | string)[])[]): Promise<Collection> {
    const folder = await folderWith(makeRows(3));
    await folder.run();
    const collection = new Collection(folder);
    for (const [twin, lines] of files.entries()) collection.write(twin, lines);
    return collection;
  }

  /** A number stands for an answer to that item, from 0; a text for itself. */
  write(twin: number, lines: readonly (number | string)[]): void {
    const path = join(this.folder.root, rawFile(ref, twin));
    const texts = lines.map((line) =>
      typeof line === 'number' ? answerLine(this.ids[line] ?? '', `own ${line}`) : line,
    );
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, texts.map((text) => `${text}\n`).join(''));
  }

  classify(batches: readonly Batch[], change: Partial<ClassifyInput> = {}): Promise<ClassifyResult> {
    const input: ClassifyInput = {
      ...ref,
      planned: findPlanned(this.folder, ref),
      batchId: 'own',
      ending: 'completed',
      createdAt: 0,
      endedAt: 1000,
      polls: 1,
      cancelReason: 'cancelled',
      batches,
      isCreateUnknown: false,
      notRunReason: 'expired',
      refusal: null,
      final: false,
      blamed: [],
      ...change,
    };
    return quietEnvironment().run(() => classify(wholeDeps(this.folder), input));
  }

  async tally(batches: readonly Batch[], change: Partial<ClassifyInput> = {}): Promise<Tally> {
    const result = await this.classify(batches, change);
    if (result.kind !== 'tally') throw new Error(`not proven: ${JSON.stringify(result.unproven)}`);
    return result.tally;
  }

  /** `answered`, or the kind and the reason, by item. */
  get outcomes(): string[] {
    return this.folder
      .lines<AnswerLine & Record<string, never>>(answersFile(ref).slice(output.length))
      .map(({ kind, reason }) => (reason === undefined ? kind : `${kind} ${reason}`));
  }

  get written(): string[] {
    const names = [answersFile(ref), tallyFile(ref)].map((path) => path.slice(output.length));
    return names.filter((name) => name in this.folder.digests());
  }
}

test('read: a line decides, whatever the ending says', async () => {
  const site = await Collection.plan([0, 1, 2]);
  expect(await site.tally([batch(ended('expired', 0), readOnce)])).toMatchObject({ answered: 3, retryable: {} });
  expect(site.outcomes).toEqual(['answered', 'answered', 'answered']);
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

test('lines without an id may be those of the missing items: these ran, and their answers cannot be used', async () => {
  const site = await Collection.plan([0, garbage, garbage]);
  const tally = await site.tally([batch(ended('completed', 3), readOnce)]);
  expect(tally).toMatchObject({ retryable: { missing: 2 }, anomalies: { unreadableLines: 2, paidWithoutAnswer: 2 } });
});

test('lines without an id count towards the lines that must be there, and lines of strangers do not', async () => {
  const enough = await Collection.plan([0, garbage]);
  expect(await enough.tally([batch(ended('expired', 2))])).toMatchObject({ answered: 1, retryable: { expired: 2 } });
  const tooFew = await Collection.plan([0, answerLine('stranger', 'x')]);
  expect(await tooFew.tally([batch(ended('expired', 2))])).toMatchObject({
    retryable: { missing: 2 },
    anomalies: { unknownAnswers: 1 },
  });
});

test('a tally that is there is returned as it is', async () => {
  const site = await Collection.plan([0, 1, 2]);
  const tally = await site.tally([batch(ended('completed', 3))]);
  site.write(0, []);
  expect(await site.tally([batch(null)])).toEqual(tally);
});
