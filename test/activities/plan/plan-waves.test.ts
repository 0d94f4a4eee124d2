// Waves put together from items that were planned before: forced lanes, caps on cost, lines sent again.

import { expect, test } from 'vitest';
import { WavePlanner, type WavePlannerOptions } from '../../../activities/plan/wave-planner.ts';
import { itemKey } from '../../../domain/ids.ts';
import { planStart } from '../../../domain/job.ts';
import type { PlannedItem } from '../../../job-folder/plan/batch-files.ts';
import { readPage } from '../../../job-folder/plan/manifest.ts';
import { type Folder, folderWith, openaiOffline, output, type SpecChange } from './planning.ts';

const item = (row: number, change: Partial<PlannedItem> = {}): PlannedItem => ({
  row,
  id: row,
  key: itemKey(row.toString(16).padStart(24, '0')),
  model: 'priced',
  outputTokens: 100,
  endpoint: '/v1/chat/completions',
  request: '{"model":"priced"}',
  ...change,
});

async function plannerWith(
  change: SpecChange = {},
  options: Partial<WavePlannerOptions> = {},
): Promise<{ folder: Folder; planner: WavePlanner }> {
  const folder = await folderWith([{ text: 'x' }], change);
  const { store, job } = folder;
  return { folder, planner: new WavePlanner({ store, job, provider: openaiOffline, output, wave: 2, ...options }) };
}

test('an existing request line goes out again under its new batch’s name, and keeps its count of bad answers', async () => {
  const { folder, planner } = await plannerWith();
  const key = item(7).key;
  const line = Buffer.from(
    openaiOffline.encode(`ffffffff${key}` as never, '{"model":"priced","n":1}', '/v1/chat/completions'),
  );
  await planner.add(item(7, { request: line, flawedAttempts: 1 }));
  const summary = await planner.finish();
  expect(summary).toMatchObject({ wave: 2, batches: 1, items: 1 });
  expect('rows' in summary).toBe(false);
  const [sent] = folder.lines('plan/wave-2/batch-0001.requests.jsonl');
  const [listed] = folder.lines('plan/wave-2/batch-0001.items.jsonl');
  expect(listed).toMatchObject({ row: 7, key, semantic: 1, customId: sent?.custom_id });
  expect(sent?.body).toEqual({ model: 'priced', n: 1 });
  expect(sent?.custom_id).not.toBe(`ffffffff${key}`);
});

test('items asked for in one lane are never mixed with another’s', async () => {
  const { folder, planner } = await plannerWith({ minBatchItems: 50 });
  for (let row = 1; row <= 6; row++) await planner.add(item(row, { lane: row % 2 === 0 ? 'realtime' : 'batch' }));
  await planner.finish();
  const { entries } = await readPage(folder.store, output, 2, planStart, 10);
  expect(entries.map(({ lane, items, firstRow, lastRow }) => [lane, items, firstRow, lastRow])).toEqual([
    ['batch', 3, 1, 5],
    ['realtime', 3, 2, 6],
  ]);
});

test('an empty wave is a plan too', async () => {
  const { folder, planner } = await plannerWith();
  expect(await planner.finish()).toMatchObject({ batches: 0, items: 0, estimate: { usd: 0 } });
  expect(Object.keys(folder.digests())).toEqual(['plan/wave-2/manifest.jsonl']);
});

test('a second planner of the same wave finds the same plan, one of another plan is a bug', async () => {
  const { folder, planner } = await plannerWith();
  const again = new WavePlanner({ store: folder.store, job: folder.job, provider: openaiOffline, output, wave: 2 });
  const other = new WavePlanner({ store: folder.store, job: folder.job, provider: openaiOffline, output, wave: 2 });
  for (const each of [planner, again]) await each.add(item(1));
  const summary = await planner.finish();
  expect(await again.finish()).toEqual(summary);
  await expect(other.finish()).rejects.toThrow('two planners of wave 2');
});
