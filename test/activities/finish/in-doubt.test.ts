// Rows of which it is not known whether they ran have a file of their own: nothing sends them together with what failed.

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FailedRows } from '../../../activities/finish/failed-rows.ts';
import { merge } from '../../../activities/finish/merge.ts';
import type { ResultLine } from '../../../domain/outcome/merge.ts';
import type { ItemLine, ItemReason } from '../../../domain/outcome/outcome.ts';
import type { Store } from '../../../storage/store.ts';
import {
  type Folder,
  folderWith,
  jobRef,
  makeRows,
  output,
  quietEnvironment,
  type SpecChange,
} from '../plan/planning.ts';
import { type Answering, answerLine, errorLine, runWhole, wholeDeps } from '../whole-job.ts';

const batchesOfTwo: SpecChange = { id: 'id', batch: { maxItems: 2, maxBytes: 1e8, concurrency: 1 } };

/** Row 2 is refused by the provider, and nothing comes for row 3. */
const answering: Answering = (wave, _, items) =>
  items.flatMap(({ customId, row }) => {
    if (row === 3 && wave === 1) return [];
    return [row === 2 ? errorLine(customId, 400) : answerLine(customId, `row ${row}`)];
  });

/** Rows 1 and 2 are in one batch, 3 and 4 in another, which never ended. Row 5 shares the item of row 3. */
const doubtful = (): Promise<Folder> =>
  folderWith([...makeRows(4), { id: 3, text: 'text 3' }], { ...batchesOfTwo, retry: { rounds: 0, backoffMs: 1 } });

const path = (folder: Folder, name: string): string => join(folder.root, output, name);

const mergeAgain = (folder: Folder, store: Store = folder.store) =>
  quietEnvironment().run(() =>
    merge({ ...wholeDeps(folder), store }, { ...jobRef, waves: 1, unsentReason: 'cancelled' }),
  );

test('rows in doubt are in in-doubt.jsonl with their record, batch and request, and not in failures.jsonl', async () => {
  const folder = await doubtful();
  const { report } = await runWhole(folder, answering, { inDoubt: [2] });
  const results = folder.lines<ResultLine & Record<string, never>>('results.jsonl');
  expect(results.map(({ row, reason }) => [row, reason])).toEqual([
    [1, undefined],
    [2, 'bad_request'],
    [3, 'in_doubt'],
    [4, undefined],
    [5, 'in_doubt'],
  ]);
  const [item] = folder.lines<ItemLine>('plan/wave-1/batch-0002.items.jsonl');
  const nightshift = {
    reason: 'in_doubt',
    message: expect.stringContaining('not known'),
    batchId: 'batch-1-2',
    customId: item?.customId,
  };
  expect(folder.lines('in-doubt.jsonl')).toEqual([
    { id: 3, text: 'text 3', nightshift: { row: 3, id: 3, ...nightshift } },
    { id: 3, text: 'text 3', nightshift: { row: 5, id: 3, ...nightshift } },
  ]);
  expect(folder.lines('failures.jsonl')).toEqual([
    { id: 2, text: 'text 2', nightshift: expect.objectContaining({ row: 2, reason: 'bad_request' }) },
  ]);
  expect(report).toMatchObject({
    rows: { answered: 2, failed: 3 },
    errorsByReason: { in_doubt: 2, bad_request: 1 },
    inDoubtBatches: ['batch-1-2'],
    files: { inDoubt: `${output}in-doubt.jsonl` },
  });
});

test('in-doubt.jsonl is a dataset as it is: its items have the keys of the earlier job', async () => {
  const folder = await doubtful();
  await runWhole(folder, answering, { inDoubt: [2] });
  const next = await folderWith(folder.text('in-doubt.jsonl'), { id: 'id' });
  expect((await next.run()).rows).toMatchObject({ rows: 2, accepted: 1, duplicates: 1 });
  const [before] = folder.lines<ItemLine>('plan/wave-1/batch-0002.items.jsonl');
  expect(next.lines<ItemLine>('plan/wave-1/batch-0001.items.jsonl').map(({ key }) => key)).toEqual([before?.key]);
});

test('both files are written if nothing failed, and replace those of an earlier merge', async () => {
  const folder = await folderWith(makeRows(3));
  await runWhole(folder, (_, __, items) => items.map(({ customId }) => answerLine(customId, 'yes')));
  for (const name of ['failures.jsonl', 'in-doubt.jsonl']) {
    expect(folder.text(name)).toBe('');
    writeFileSync(path(folder, name), '{"id":1}\n');
  }
  await mergeAgain(folder);
  for (const name of ['failures.jsonl', 'in-doubt.jsonl']) expect(folder.text(name)).toBe('');
});

test('if the dataset changed, rows in doubt are named by their id', async () => {
  const folder = await doubtful();
  const { report } = await runWhole(
    folder,
    (wave, planned, items) => {
      writeFileSync(join(folder.root, 'rows.jsonl'), '{"id":1,"text":"another"}\n');
      return answering(wave, planned, items);
    },
    { inDoubt: [2] },
  );
  expect(folder.lines('in-doubt.jsonl').map(({ nightshift: _, ...record }) => record)).toEqual([{ id: 3 }, { id: 3 }]);
  expect(report.warnings.join()).toContain('in-doubt.jsonl');
});

test.each(['failures.jsonl', 'in-doubt.jsonl', 'rows.jsonl'])(
  'if %s fails while the files are written, none of them appears, and the next attempt writes both',
  async (broken) => {
    const folder = await doubtful();
    await runWhole(folder, answering, { inDoubt: [2] });
    const whole = folder.digests();
    const names = ['failures.jsonl', 'in-doubt.jsonl'];
    for (const name of names) await folder.store.remove(`${output}${name}`);
    await expect(mergeAgain(folder, breaking(folder.store, broken))).rejects.toThrow('the disk is gone');
    expect(names.filter((name) => existsSync(path(folder, name)))).toEqual([]);
    expect(readdirSync(path(folder, '')).filter((name) => name.startsWith('.'))).toEqual([]);
    await mergeAgain(folder);
    expect(folder.digests()).toEqual(whole);
  },
);

/** A store in which one file cannot be created, or cannot be read to its end: the fingerprint reads only the first bytes. */
function breaking(store: Store, broken: string): Store {
  const fail = (): never => {
    throw new Error('the disk is gone');
  };
  return {
    ...store,
    create: (uri, options) => (uri === `${output}${broken}` ? fail() : store.create(uri, options)),
    read: async function* (uri, options) {
      for await (const chunk of store.read(uri, options)) yield uri === broken ? chunk.subarray(0, 1) : chunk;
      if (uri === broken) fail();
    },
  };
}

test.each([
  ['other reasons', ['timeout', 'bad_request'], 'in_doubt', 1],
  ['the reason in_doubt', ['in_doubt'], undefined, 2],
] satisfies [string, ItemReason[], ItemReason | undefined, number][])(
  '`retryFailed` with %s: what is in doubt is sent again only if it is named',
  async (_, again, reason, attempts) => {
    const folder = await doubtful();
    await runWhole(folder, answering, { inDoubt: [2], again });
    const results = folder.lines<ResultLine & Record<string, never>>('results.jsonl');
    expect(results[2]).toMatchObject({ row: 3, attempts });
    expect(results[2]?.reason).toBe(reason);
    expect(folder.lines('in-doubt.jsonl')).toHaveLength(reason === undefined ? 0 : 2);
  },
);

test('a row in doubt has what the provider wrote about its batch, as a failed row has', async () => {
  const folder = await doubtful();
  const rows = await FailedRows.create(folder.store, output, null);
  await rows.write({ row: 1, id: 1, reason: 'in_doubt', message: 'm', detail: 'the disk is gone' } as ResultLine);
  await rows.close();
  expect(folder.lines('in-doubt.jsonl')).toMatchObject([{ nightshift: { row: 1, detail: 'the disk is gone' } }]);
});
