// The most that a batch may cost: what a strict budget would reserve for it.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { widenEstimate } from '../../domain/plan/batch-estimate.ts';
import type { ManifestEntry } from '../../job-folder/plan/manifest.ts';
import type { Store } from '../../storage/store.ts';
import { estimateOf } from './estimate-of.ts';
import { died } from './plan/dying-store.ts';
import { type Folder, folderWith, output } from './plan/planning.ts';

const batch = { maxItems: 400, maxBytes: 200_000_000, concurrency: 10 };
const price = { batch: { input: 1, output: 10 }, realtime: { input: 2, output: 20 } };
const rows = Array.from({ length: 60 }, (_, index) => ({ text: '3,1,4,1,5,'.repeat(index) }));

test.each([
  ['prompts of every length', {}, 1],
  ['long prompts, which cost more', { longContext: { above: 300, inputFactor: 2, outputFactor: 1.5 } }, 1],
  ['a small batch, in realtime', {}, 400],
])('the most that a batch may cost is what a strict budget reserves for it: %s', async (_, change, minBatchItems) => {
  const model = 'gpt-4o';
  const cached = { ...price, batch: { ...price.batch, cacheWrite: 1.25 }, ...change };
  const given = { model, batch, minBatchItems, prices: { [model]: cached } };
  const strict = await folderWith(rows, { ...given, strictBudget: true });
  const plain = await folderWith(rows, given);
  const [atMost, { estimate }] = [await strict.run(), await plain.run()];
  expect(estimate.mostUsd).toBeGreaterThan(estimate.usd ?? 0);
  expect(estimate.mostUsd).toBeCloseTo(atMost.estimate.usd ?? 0, 9);
  expect(plain.lines<ManifestEntry>('plan/wave-1/manifest.jsonl')[0]?.estimate.mostUsd).toBe(estimate.mostUsd);
  expect(atMost.estimate.mostUsd).toBe(atMost.estimate.usd);
  expect(await estimateOf(plain)).toMatchObject({ usd: estimate.usd, mostUsd: estimate.mostUsd });
});

test('the most that a batch may cost is not known without a price, and is never below its estimate', async () => {
  const other = await folderWith(rows, { model: 'gpt-4o', batch, prices: {} });
  expect((await other.run()).estimate).toMatchObject({ usd: null, mostUsd: null });
  const wide = { inputTokens: 100, outputTokens: 0, usd: 100, mostUsd: 400 };
  const flat = { batch: { input: 1e6, output: 1 }, realtime: { input: 1e6, output: 1 } };
  expect(widenEstimate(wide, 5, 'batch', flat)).toMatchObject({ usd: 500, mostUsd: 500 });
});

/** As an earlier version wrote it. */
async function withoutMost(folder: Folder, path: string): Promise<void> {
  const text = folder.text(path).replace(/,\s*"mostUsd": ?[^,}\s]+/g, '');
  await writeFile(join(folder.root, output, path), text);
}

test('the most is not known of a plan of an earlier version, or of one that such a planner began', async () => {
  const whole = await folderWith(rows, { model: 'gpt-4o', batch, prices: { 'gpt-4o': price } });
  const { estimate } = await whole.run();
  await withoutMost(whole, 'plan/wave-1/manifest.jsonl');
  expect(await estimateOf(whole)).toMatchObject({ usd: estimate.usd, mostUsd: null });

  const begun = await folderWith(rows, {
    model: 'gpt-4o',
    batch: { ...batch, maxItems: 20 },
    prices: { 'gpt-4o': price },
  });
  const store: Store = {
    ...begun.store,
    create: async (uri, options) => {
      if (uri.endsWith('manifest.jsonl')) throw died();
      return begun.store.create(uri, options);
    },
  };
  await expect(begun.run({ store, partRows: 20 })).rejects.toThrow();
  const parts = Object.keys(begun.digests()).filter((path) => /part-\d+\.json$/.test(path));
  await withoutMost(begun, parts[0] ?? '');
  expect((await begun.run({ partRows: 20 })).estimate).toMatchObject({ usd: expect.any(Number), mostUsd: null });
  const known = begun.lines<ManifestEntry>('plan/wave-1/manifest.jsonl').map((entry) => entry.estimate?.mostUsd);
  expect(known.slice(0, 3)).toEqual([null, expect.any(Number), expect.any(Number)]);
});
