// Hybrid jobs: which rows are planned into which lane, by which planner, and in which wave they are sent again.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { estimate } from '../../activities/plan/estimate.ts';
import type { ItemLine, Json } from '../../domain/outcome/outcome.ts';
import type { RoutePolicy } from '../../domain/plan/route.ts';
import type { ManifestEntry } from '../../job-folder/plan/manifest.ts';
import { StoreError } from '../../storage/store.ts';
import { dyingStore, withoutParts } from './plan/dying-store.ts';
import { anthropicOffline, type Folder, folderWith, jobRef, makeRows, type SpecChange } from './plan/planning.ts';
import { answerLine, errorLine, runWhole, wholeDeps } from './whole-job.ts';

const hybrid = (route: RoutePolicy, change: SpecChange = {}): SpecChange => ({
  mode: 'hybrid',
  route,
  batch: { maxItems: 10, maxBytes: 1e8, concurrency: 1 },
  ...change,
});

/** Every third row is urgent. */
const urgentRows = (count: number): Json[] => makeRows(count).map((row) => ({ ...row, urgent: row.id % 3 === 0 }));
const urgent = { when: 'urgent', upTo: null };
const thirds = (count: number): number[] => Array.from({ length: count }, (_, index) => 3 * (index + 1));

const listBatches = (folder: Folder, wave = 1): ManifestEntry[] =>
  folder
    .lines<ManifestEntry & { summary?: object }>(`plan/wave-${wave}/manifest.jsonl`)
    .filter(({ summary }) => summary === undefined);

const listRows = (folder: Folder, { batch }: ManifestEntry, wave = 1): number[] =>
  folder.lines<ItemLine>(`plan/wave-${wave}/batch-${String(batch).padStart(4, '0')}.items.jsonl`).map(({ row }) => row);

const listRouted = (folder: Folder, wave = 1): number[] =>
  listBatches(folder, wave).flatMap((entry) => (entry.routed ? listRows(folder, entry, wave) : []));

function expectOnce(folder: Folder, rows: number, waves = 1): void {
  const all = Array.from({ length: waves }, (_, index) =>
    listBatches(folder, index + 1).flatMap((entry) => listRows(folder, entry, index + 1)),
  ).flat();
  expect(all.toSorted((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, index) => index + 1));
}

test('rows that match go through the realtime lane in one batch, and all others in batches', async () => {
  const folder = await folderWith(urgentRows(60), hybrid(urgent));
  const summary = await folder.run();
  expectOnce(folder, 60);
  expect(listRouted(folder)).toEqual(thirds(20));
  const routed = listBatches(folder).filter((entry) => entry.routed);
  expect(routed).toMatchObject([{ lane: 'realtime', items: 20 }]);
  expect(routed[0]).not.toHaveProperty('fallback');
  expect(listBatches(folder).filter(({ lane }) => lane === 'batch')).toHaveLength(4);
  expect(summary.estimate.usd).toBeCloseTo(
    listBatches(folder).reduce((sum, { estimate }) => sum + (estimate.usd ?? 0), 0),
    9,
  );
});

test('the rows beyond `upTo` go in batches: the first ones count, however the rows are rendered', async () => {
  const folder = await folderWith(urgentRows(9000), hybrid({ ...urgent, upTo: 2500 }, { batch: big }));
  await folder.run();
  expectOnce(folder, 9000);
  expect(listRouted(folder)).toEqual(thirds(2500));
});

const big = { maxItems: 5000, maxBytes: 1e8, concurrency: 1 };

test('without a condition, the first rows go through the realtime lane, as many as the limits allow in an hour', async () => {
  const limited = { realtime: { concurrency: 4, rpm: 1, tpm: null } };
  const folder = await folderWith(makeRows(100), hybrid({ when: null, upTo: null }, limited));
  await folder.run();
  expect(listRouted(folder)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  const byTokens = { realtime: { concurrency: 4, rpm: null, tpm: 10 } };
  const other = await folderWith(makeRows(100), hybrid({ when: null, upTo: null }, byTokens));
  await other.run();
  // Each call counts with its prompt and the 16 tokens that its request allows.
  expect(listRouted(other).length).toBeGreaterThan(10);
  expect(listRouted(other).length).toBeLessThan(Math.floor(600 / 16));
  expectOnce(other, 100);
});

test('a row without the column of the condition is refused, and uses none of the room', async () => {
  const rows = [{ id: 1, text: 'a' }, ...urgentRows(9).slice(1)];
  const folder = await folderWith(rows, hybrid({ ...urgent, upTo: 1 }));
  expect((await folder.run()).rows).toMatchObject({ accepted: 8, refused: 1 });
  expect(folder.lines('rejects.jsonl')).toMatchObject([
    { line: 1, reason: 'missing_column', message: 'line 1: in route.when: there is no column urgent' },
  ]);
  expect(listRouted(folder)).toEqual([3]);
});

test('rows that share an item, and rows that are carried over, use none of the room', async () => {
  const twice = urgentRows(12).flatMap((row) => [row, row]);
  const folder = await folderWith(twice, hybrid({ ...urgent, upTo: 3 }));
  expect((await folder.run()).rows).toMatchObject({ accepted: 12, duplicates: 12 });
  expect(listRouted(folder)).toEqual([5, 11, 17]);
  const { output, request } = folder.job.spec;
  const answered = await folderWith(urgentRows(6), { request });
  await runWhole(answered, (_, __, items) => items.map(({ customId }) => answerLine(customId, 'yes')));
  const again = await folderWith(urgentRows(12), hybrid({ ...urgent, upTo: 1 }, { reuse: `${output}earlier.jsonl` }));
  const sink = await again.store.create(`${output}earlier.jsonl`);
  await sink.write(Buffer.from(answered.text('results.jsonl')));
  await sink.close();
  expect((await again.run()).rows).toMatchObject({ accepted: 6, carriedOver: 6 });
  expect(listRouted(again)).toEqual([9]);
});

test('ready-made lines match by what is in them', async () => {
  const line = (row: number): Json => ({
    custom_id: `r${row}`,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: row % 2 === 0 ? 'priced' : 'other', messages: [{ role: 'user', content: 'x' }] },
  });
  const rows = Array.from({ length: 6 }, (_, index) => line(index + 1));
  const ready = { request: null, model: null };
  const folder = await folderWith(rows, hybrid({ when: 'body.model == "priced"', upTo: 2 }, ready));
  await folder.run();
  expect(listRouted(folder)).toEqual([2, 4]);
  expectOnce(folder, 6);
});

test('a planner that dies anywhere leaves the plan that another makes', async () => {
  const kills = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 3 });
  const upTo = fc.option(fc.integer({ min: 1, max: 12 }));
  await fc.assert(
    fc.asyncProperty(kills, upTo, fc.integer({ min: 1, max: 25 }), async (killedAfter, most, partRows) => {
      const change = hybrid({ ...urgent, upTo: most }, { batch: { maxItems: 4, maxBytes: 1000, concurrency: 1 } });
      const [whole, killed] = [await folderWith(urgentRows(80), change), await folderWith(urgentRows(80), change)];
      await whole.run({ partRows: 1_000_000 });
      for (const calls of killedAfter) {
        await killed.run({ store: dyingStore(killed.store, calls), partRows }).catch((error: unknown) => {
          if (!(error instanceof StoreError && error.problem === 'unavailable')) throw error;
        });
      }
      await killed.run({ partRows });
      expect(withoutParts(killed.digests())).toEqual(withoutParts(whole.digests()));
      expect(listRouted(killed)).toEqual(thirds(most === null ? 26 : most));
    }),
    { numRuns: 15 },
  );
});

test('an estimate says which mode suits the job, by its deadline and the limits of its realtime lane', async () => {
  // biome-ignore lint/suspicious/noThenProperty: the public contract's word
  const deadline = { batchMs: 1000, jobMs: 500, then: 'fallback' } as const;
  const realtime = { concurrency: 1, rpm: 6000, tpm: null };
  const folder = await folderWith(makeRows(100), { deadline, realtime });
  await folder.run();
  const { choice, usd, realtimeUsd } = await estimate(wholeDeps(folder), jobRef);
  // The window of these folders is one second, and a call takes five.
  expect(choice).toMatchObject({ mode: 'hybrid', upTo: 1 });
  expect(choice.usd).toBeCloseTo((usd ?? 0) + ((realtimeUsd ?? 0) - (usd ?? 0)) / 100, 9);
});

test('in a rollout, `upTo` counts over all steps, and each step has its own share of the rows that match', async () => {
  const rollout = { steps: [0.3, 1], maxErrorRate: 0.05, approve: false };
  const folder = await folderWith(urgentRows(90), hybrid({ ...urgent, upTo: 20 }, { rollout }));
  await folder.run();
  expectOnce(folder, 90, 2);
  const routed = [listRouted(folder, 1), listRouted(folder, 2)];
  expect(routed.flat().toSorted((a, b) => a - b)).toEqual(thirds(20));
  expect(routed.every((rows) => rows.length > 0)).toBe(true);
});

test('where batches must differ in size, batches of routed rows do not count', async () => {
  const folder = await folderWith(
    urgentRows(60),
    hybrid(urgent, { batch: { maxItems: 10, maxBytes: 1e8, concurrency: 1 } }),
    {
      ...anthropicOffline,
      limits: { ...anthropicOffline.limits, distinctCounts: true },
    },
  );
  await folder.run();
  expect(listRouted(folder)).toEqual(thirds(20));
  const sizes = listBatches(folder).flatMap(({ lane, items }) => (lane === 'batch' ? [items] : []));
  expect(new Set(sizes).size).toBe(sizes.length);
});

test('a routed row that fails is sent again in realtime, the others in batches, and only what is left falls back', async () => {
  const folder = await folderWith(urgentRows(30), hybrid(urgent, { retry: { rounds: 1, backoffMs: 0 } }));
  const { report } = await runWhole(folder, (wave, _, items) =>
    items.map(({ customId, row }) =>
      row <= 6 && wave < 3 ? errorLine(customId, 500) : answerLine(customId, `wave ${wave}`),
    ),
  );
  expect(report).toMatchObject({ verdict: 'complete', waves: 3, rows: { answered: 30 } });
  expect(listRouted(folder, 2)).toEqual([3, 6]);
  expect(listBatches(folder, 2).map(({ lane, items, routed }) => [lane, items, routed ?? false])).toEqual([
    ['batch', 4, false],
    ['realtime', 2, true],
  ]);
  expect(listBatches(folder, 3)).toMatchObject([{ lane: 'realtime', items: 6, fallback: true }]);
});
