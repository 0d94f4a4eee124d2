// What an earlier job left in doubt is carried over as in doubt: not planned, not paid, and in this job's files as it was there.

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ResultLine } from '../../../domain/outcome/merge.ts';
import type { ItemLine } from '../../../domain/outcome/outcome.ts';
import { type Answering, answerLine, errorLine, runWhole } from '../whole-job.ts';
import { type Folder, folderWith, makeRows, output, type SpecChange } from './planning.ts';

const change: SpecChange = {
  id: 'id',
  batch: { maxItems: 2, maxBytes: 1e8, concurrency: 1 },
  retry: { rounds: 0, backoffMs: 1 },
};
const reuse = 'earlier/results.jsonl';

const answerAll: Answering = (_, __, items) => items.map(({ customId, row }) => answerLine(customId, `answer ${row}`));

/** Row 1 is answered, row 2 refused by the provider, row 3 in doubt and row 4 answered. */
async function runEarlier(): Promise<Folder> {
  const earlier = await folderWith(makeRows(4), change);
  await runWhole(
    earlier,
    (_, __, items) =>
      items.flatMap(({ customId, row }) =>
        row === 3 ? [] : [row === 2 ? errorLine(customId, 400) : answerLine(customId, `answer ${row}`)],
      ),
    { inDoubt: [2] },
  );
  return earlier;
}

async function reusing(earlier: Folder, rows: Parameters<typeof folderWith>[0]): Promise<Folder> {
  const folder = await folderWith(rows, { ...change, reuse });
  mkdirSync(join(folder.root, 'earlier'));
  copyFileSync(join(earlier.root, output, 'results.jsonl'), join(folder.root, reuse));
  return folder;
}

test('an item in doubt is not planned, costs nothing, and ends in this job’s in-doubt.jsonl with its batch', async () => {
  const earlier = await runEarlier();
  const folder = await reusing(earlier, [...makeRows(5), { id: 3, text: 'text 3' }]);
  const { report } = await runWhole(folder, answerAll);
  expect(folder.lines<ItemLine>('plan/wave-1/batch-0001.items.jsonl').map(({ row }) => row)).toEqual([2, 5]);
  expect(report).toMatchObject({
    rows: { accepted: 2, duplicates: 1, carriedOver: 3, carriedInDoubt: 1, answered: 4, failed: 2 },
    errorsByReason: { in_doubt: 2 },
    inDoubtBatches: ['batch-1-2'],
  });
  const [before] = earlier.lines<Record<string, never>>('in-doubt.jsonl');
  const inDoubt = folder.lines<Record<string, never>>('in-doubt.jsonl');
  expect(inDoubt[0]).toEqual(before);
  expect(inDoubt.map(({ nightshift }) => nightshift)).toMatchObject([{ row: 3 }, { row: 6, batchId: 'batch-1-2' }]);
  expect(folder.lines('failures.jsonl')).toEqual([]);
  const results = folder.lines<ResultLine & Record<string, never>>('results.jsonl');
  expect(results.filter(({ id }) => id === 3)).toMatchObject([
    { row: 3, status: 'failed', reason: 'in_doubt', attempts: 0, costUsd: 0, lane: 'batch', batchId: 'batch-1-2' },
    { row: 6, status: 'failed', reason: 'in_doubt', sameAs: 3, costUsd: 0 },
  ]);
});

test('an item stays in doubt from job to job, and `retryFailed` cannot reach it, even by name', async () => {
  const second = await reusing(await runEarlier(), makeRows(4));
  await runWhole(second, answerAll);
  const third = await reusing(second, makeRows(5));
  const { report } = await runWhole(third, answerAll, { again: ['in_doubt'] });
  expect(report).toMatchObject({ rows: { carriedOver: 4, carriedInDoubt: 1 }, errorsByReason: { in_doubt: 1 } });
  expect(third.lines('plan/wave-2/manifest.jsonl')).toMatchObject([{ summary: { items: 0 } }]);
  expect(third.lines('in-doubt.jsonl')).toEqual(second.lines('in-doubt.jsonl'));
});

test('an item in doubt without a known batch is carried over, too; an answer to the same key counts first', async () => {
  const earlier = await runEarlier();
  const lines = earlier.lines<ResultLine & Record<string, never>>('results.jsonl');
  const [, , doubted, last] = lines;
  const unknown = { ...last, status: 'failed', reason: 'in_doubt', output: null, lane: null, batchId: null };
  const found = { ...doubted, status: 'answered', output: 'found at the provider', reason: undefined };
  const file = join(earlier.root, output, 'results.jsonl');
  const written = [...lines.slice(0, 3), unknown, found].map((line) => `${JSON.stringify(line)}\n`);
  writeFileSync(file, written.join(''));
  const folder = await reusing(earlier, makeRows(4));
  await runWhole(folder, answerAll);
  const [, , third, fourth] = folder.lines<ResultLine & Record<string, never>>('results.jsonl');
  expect(third).toMatchObject({ status: 'answered', output: 'found at the provider', attempts: 0 });
  expect(fourth).toMatchObject({ status: 'failed', reason: 'in_doubt', lane: null, batchId: null, attempts: 0 });
});

test('a planner that is started again counts what was carried over in doubt once', async () => {
  const earlier = await runEarlier();
  const whole = await reusing(earlier, makeRows(9));
  const torn = await reusing(earlier, makeRows(9));
  const summary = await whole.run({ partRows: 1 });
  const { store } = torn;
  const breaking: typeof store = {
    ...store,
    create: (uri, options) => {
      if (uri.endsWith('batch-0003.requests.jsonl')) throw new Error('the worker died');
      return store.create(uri, options);
    },
  };
  await expect(torn.run({ store: breaking, partRows: 1 })).rejects.toThrow('the worker died');
  expect(readFileSync(join(torn.root, output, 'plan/wave-1/manifest.jsonl.part-0001.json'), 'utf8')).toContain('rows');
  expect((await torn.run({ partRows: 1 })).rows).toEqual(summary.rows);
  expect(summary.rows).toMatchObject({ carriedOver: 3, carriedInDoubt: 1 });
  expect(torn.text('answers/wave-0/batch-0001.jsonl')).toBe(whole.text('answers/wave-0/batch-0001.jsonl'));
});
