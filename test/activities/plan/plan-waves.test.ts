// Waves put together from items that were planned before: forced lanes, caps on cost, lines sent again.

import { expect, test } from 'vitest';
import { type LaterItemParts, makeLaterItem } from '../../../activities/plan/later-item.ts';
import { WavePlanner, type WavePlannerOptions } from '../../../activities/plan/wave-planner.ts';
import { customId, type ItemKey, itemKey } from '../../../domain/ids.ts';
import { planStart } from '../../../domain/job.ts';
import type { PlannedItem } from '../../../job-folder/plan/batch-files.ts';
import { readPage } from '../../../job-folder/plan/manifest.ts';
import { chatEndpoint } from '../../../providers/dialects/openai/requests.ts';
import { defaultPrices, type Folder, folderWith, openaiOffline, output, type SpecChange } from './planning.ts';

const item = (row: number, change: Partial<LaterItemParts> = {}): PlannedItem => {
  const key = makeKey(row);
  const line = makeLine(key, '{"model":"priced"}');
  const plain = {
    row,
    id: row,
    key,
    model: 'priced',
    outputTokens: 100,
    endpoint: chatEndpoint,
    realtimeCause: null,
    line,
  };
  return makeLaterItem({ ...plain, ...change }, openaiOffline, { prices: defaultPrices, spec: {} });
};

const makeLine = (key: ItemKey, body: string): Buffer =>
  Buffer.from(openaiOffline.encode(customId('f'.repeat(8), key), body, chatEndpoint));

const makeKey = (row: number): ItemKey => itemKey(row.toString(16).padStart(24, '0'));

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
  const key = makeKey(7);
  const line = makeLine(key, '{"model":"priced","n":1}');
  await planner.add(item(7, { line, flawedAttempts: 1 }));
  const summary = await planner.finish();
  expect(summary).toMatchObject({ wave: 2, batches: 1, items: 1 });
  expect('rows' in summary).toBe(false);
  const [sent] = folder.lines('plan/wave-2/batch-0001.requests.jsonl');
  const [listed] = folder.lines('plan/wave-2/batch-0001.items.jsonl');
  expect(listed).toMatchObject({ row: 7, key, semantic: 1, customId: sent?.custom_id });
  expect(sent?.body).toEqual({ model: 'priced', n: 1 });
  expect(sent?.custom_id).not.toBe(`ffffffff${key}`);
});

test('items that must go through the realtime lane are never mixed with others', async () => {
  const { folder, planner } = await plannerWith();
  for (let row = 1; row <= 6; row++) await planner.add(item(row, { realtimeCause: row % 2 === 0 ? 'fallback' : null }));
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
