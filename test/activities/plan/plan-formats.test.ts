// Planning from every form of dataset: the same plan as from JSON Lines, also if the planner dies while it is made.

import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect, onTestFinished, test } from 'vitest';
import type { JobSpec } from '../../../domain/job.ts';
import { StoreError } from '../../../storage/store.ts';
import { createThreads } from '../../../threads/pool.ts';
import { dyingStore, withoutParts } from './dying-store.ts';
import { type Folder, folderWith, folderWithFiles, type SpecChange } from './planning.ts';

const records = Array.from({ length: 60 }, (_, index) => ({ id: `${index}`, text: `te"xt\n${index % 50}` }));
const jsonl = (some: readonly object[]): string => some.map((each) => `${JSON.stringify(each)}\n`).join('');
const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const csv = (some: typeof records): string =>
  `id,text\n${some.map(({ id, text }) => `${id},${cell(text)}\n`).join('')}`;

const parquet = (some: typeof records): Buffer =>
  Buffer.from(
    parquetWriteBuffer({
      columnData: [
        { name: 'id', data: some.map(({ id }) => id), type: 'STRING' },
        { name: 'text', data: some.map(({ text }) => text), type: 'STRING' },
      ],
      rowGroupSize: 25,
    }),
  );

const small: SpecChange = { batch: { maxItems: 4, maxBytes: 2000, concurrency: 1 } };
const plain = { id: null, limit: null };
type Source = readonly [files: Readonly<Record<string, string | Buffer>>, dataset: JobSpec['dataset']];

const sources: Readonly<Record<string, Source>> = {
  csv: [{ 'a.csv': csv(records) }, { uri: 'a.csv', format: 'csv', ...plain }],
  'csv.gz': [{ 'a.csv.gz': gzipSync(csv(records)) }, { uri: 'a.csv.gz', format: 'csv', ...plain }],
  'jsonl.zst': [{ 'a.jsonl.zst': zstdCompressSync(jsonl(records)) }, { uri: 'a.jsonl.zst', format: 'jsonl', ...plain }],
  parquet: [{ 'a.parquet': parquet(records) }, { uri: 'a.parquet', format: 'parquet', ...plain }],
  'several files': [
    { 'a1.csv': csv(records.slice(0, 25)), 'a2.csv': csv(records.slice(25, 26)), 'a3.csv': csv(records.slice(26)) },
    { uri: 'a*.csv', format: 'csv', ...plain },
  ],
};

const folderOf = ([files, dataset]: Source): Promise<Folder> => folderWithFiles(files, { ...small, dataset });

test.each(Object.entries(sources))(
  '%s gives the plan of the same rows in JSON Lines, with any number of threads',
  async (_, source) => {
    const expected = await folderWith(records, small);
    await expected.run();
    for (const size of [1, 3]) {
      const threads = createThreads(size);
      onTestFinished(() => threads.close());
      const folder = await folderOf(source);
      await folder.run({ threads });
      expect(folder.digests()).toEqual(expected.digests());
    }
  },
);

test.each(Object.entries(sources))(
  '%s: a planner that dies anywhere leaves the plan that one left in peace makes',
  async (_, source) => {
    const whole = await folderOf(source);
    await whole.run();
    const kills = fc.array(fc.integer({ min: 1, max: 150 }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(kills, fc.integer({ min: 1, max: 20 }), async (killedAfter, partRows) => {
        const folder = await folderOf(source);
        for (const calls of killedAfter) {
          await folder.run({ store: dyingStore(folder.store, calls), partRows }).catch((error: unknown) => {
            if (!(error instanceof StoreError && error.problem === 'unavailable')) throw error;
          });
        }
        await folder.run({ partRows });
        expect(withoutParts(folder.digests())).toEqual(withoutParts(whole.digests()));
      }),
      { numRuns: 4 },
    );
  },
);

test('a refused row names its line, and its file if there are several', async () => {
  const files = { 'a.csv': 'id,text\n1,x\n2\n', 'b.csv': 'id,text\n3,x\n4,y,z\n' };
  const several = await folderWithFiles(files, { dataset: { uri: ['a.csv', 'b.csv'], format: 'csv', ...plain } });
  await several.run();
  expect(several.lines('rejects.jsonl')).toMatchObject([
    { file: 'a.csv', line: 3, reason: 'ragged_row', message: expect.stringMatching(/^line 3: 1 values/) },
    { file: 'b.csv', line: 3, reason: 'ragged_row' },
  ]);
  const one = await folderWithFiles(files, { dataset: { uri: 'a.csv', format: 'csv', ...plain } });
  await one.run();
  expect(Object.keys(one.lines('rejects.jsonl')[0] ?? {})).toEqual(['line', 'reason', 'message']);
});

test.each([
  ['a.csv', 'csv', 'id,text\n1,x\n2,"y\n'],
  ['a.csv', 'csv', 'id,id\n1,x\n'],
  ['a.parquet', 'parquet', parquet(records).subarray(0, -3)],
  ['a.jsonl.gz', 'jsonl', gzipSync(jsonl(records)).subarray(0, -3)],
] as const)(
  '%s as %s that cannot be read to its end is refused, and nothing is planned',
  async (uri, format, content) => {
    const folder = await folderWithFiles({ [uri]: content }, { dataset: { uri, format, ...plain } });
    await expect(folder.run()).rejects.toMatchObject({ kind: 'dataset_unreadable' });
    expect(folder.lines('plan/wave-1/manifest.jsonl')).toEqual([]);
  },
);
