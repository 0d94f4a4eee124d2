// The bytes of plans, recorded before planning ran on threads: the same rows give the same files, with any number of threads.

import { createHash } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { JobRefused } from '../../../domain/refusal.ts';
import type { Provider } from '../../../providers/provider.ts';
import { type Store, StoreError } from '../../../storage/store.ts';
import { createThreads } from '../../../threads/pool.ts';
import {
  mixedRows,
  readyMadeAnthropic,
  readyMadeOpenai,
  resultsOf,
  reusedRows,
  rowsOfManyModels,
  templateOfRow,
} from './plan-samples.ts';
import { anthropicOffline, type Folder, folderWith, openaiOffline, type SpecChange } from './planning.ts';

interface Sample {
  readonly name: string;
  readonly rows: Buffer;
  readonly change: SpecChange;
  readonly provider: Provider;
  readonly digest: string;
}

const small = { maxItems: 700, maxBytes: 3_000_000, concurrency: 1 };
const samples: readonly Sample[] = [
  {
    name: 'a template, with rows of every kind',
    rows: mixedRows(),
    change: { request: templateOfRow, model: null, id: 'id', batch: small },
    provider: openaiOffline,
    digest: '7f13f2157c8a4696',
  },
  {
    name: 'a template of the other vendor, whose batches differ in size',
    rows: mixedRows(),
    change: {
      request: { ...templateOfRow, max_tokens: 9 },
      model: null,
      batch: { ...small, maxItems: 450 },
      minBatchItems: 300,
    },
    provider: anthropicOffline,
    digest: '307185e8d0ff3832',
  },
  {
    name: 'models of rows, with a schema',
    rows: rowsOfManyModels(),
    change: {
      request: templateOfRow,
      model: null,
      schema: { type: 'object', properties: { b: {}, a: {} } },
      batch: small,
    },
    provider: openaiOffline,
    digest: '26eac10d840860bb',
  },
  {
    name: 'ready-made lines',
    rows: readyMadeOpenai(),
    change: { request: null, model: null, batch: small },
    provider: openaiOffline,
    digest: '782fe58ed674ac76',
  },
  {
    name: 'ready-made lines of the other vendor',
    rows: readyMadeAnthropic(),
    change: { request: null, model: null, batch: { ...small, maxItems: 90 } },
    provider: anthropicOffline,
    digest: 'c1da3d3d5c4c622a',
  },
];

/** Recorded before plans had them. Other tests check them. */
const mostUsd = /,\s*"mostUsd": ?[^,}\s]+/g;
const refusedId = /(?<="line":\d+),"id":(?:"(?:[^"\\]|\\.)*"|[^,]+)/g;

/** One digest of all whole files of a plan, with their names. A part also has the dataset's fingerprint, which differs each time. */
function digest(folder: Folder): string {
  const names = Object.keys(folder.digests()).filter((name) => !name.includes('.unfinished-'));
  const contents = names.map((name) => [
    name,
    folder.text(name).replace(folder.job.fingerprint, '').replace(mostUsd, '').replace(refusedId, ''),
  ]);
  return createHash('sha256').update(JSON.stringify(contents)).digest('hex').slice(0, 16);
}

const pools = [1, 2, 4].map((size) => createThreads(size));
afterAll(() => Promise.all(pools.map((threads) => threads.close())));

describe.for(pools)('with $size threads, a plan has the recorded bytes for', (threads) => {
  test.for(samples)('$name', async ({ rows, change, provider, digest: recorded }) => {
    const folder = await folderWith(rows, change, provider);
    await folder.run({ threads });
    expect(digest(folder)).toBe(recorded);
  });
});

test('rows that an earlier job answered, or left in doubt', async () => {
  const before = await folderWith(reusedRows(), { request: templateOfRow, model: null });
  await before.run();
  const folder = await folderWith(reusedRows(), {
    request: templateOfRow,
    model: null,
    reuse: 'earlier/',
    batch: small,
  });
  const sink = await folder.store.create('earlier/results.jsonl');
  await sink.write(resultsOf(before));
  await sink.close();
  await folder.run();
  expect(digest(folder)).toBe('6bc617b4302e8906');
});

test('the parts that a planner leaves when it dies before the manifest', async () => {
  const request = { messages: ['{{ text }}'] };
  const folder = await folderWith(mixedRows(), { request, id: 'id', batch: { ...small, maxItems: 500 } });
  const store: Store = {
    ...folder.store,
    create: async (uri, options) => {
      if (uri.endsWith('manifest.jsonl')) throw new StoreError('unavailable', uri);
      return folder.store.create(uri, options);
    },
  };
  await expect(folder.run({ store, partRows: 900 })).rejects.toThrow(StoreError);
  const names = Object.keys(folder.digests()).filter((name) => /part-\d+\.json$/.test(name));
  expect({ parts: names.length, digest: digest(folder) }).toEqual({ parts: 6, digest: '602b37bd54c3eb26' });
});

test('a budget that a row breaks refuses the job, at the first such row', async () => {
  const row = { text: 'x'.repeat(300), model: 'priced', count: 0, extra: 0 };
  const rows = Array.from({ length: 5000 }, (_, index) =>
    index === 2500 || index === 4000 ? { ...row, model: 'unknown' } : row,
  );
  const prices = { priced: { batch: { input: 1, output: 1 }, realtime: { input: 1, output: 1 }, maxOutputTokens: 10 } };
  const folder = await folderWith(rows, { request: templateOfRow, model: null, budgetUsd: 1, prices });
  const error: unknown = await folder.run().catch((each: unknown) => each);
  expect(error).toBeInstanceOf(JobRefused);
  expect(String(error)).toContain('row 2501 names no `max_completion_tokens`');
});
