// A part of a wave as it is on disk: what is still open, what the settled batches came to, and the roll-up that sums them up.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPart } from '../../../activities/waves/read-part.ts';
import { sumWave } from '../../../activities/waves/sum-wave.ts';
import { planStart } from '../../../domain/job.ts';
import { noAnomalies, type Tally } from '../../../domain/outcome/outcome.ts';
import { noUsage } from '../../../domain/outcome/usage.ts';
import { rollUpFile, tallyFile } from '../../../job-folder/paths.ts';
import { writeJson } from '../../../storage/lines/json-lines.ts';
import { type Folder, folderWith, jobRef, makeRows, output, quietEnvironment } from '../plan/planning.ts';
import { wholeDeps } from '../whole-job.ts';

const wave = 1;

/** Five batches of ten rows. */
async function planFive(): Promise<Folder> {
  const folder = await folderWith(makeRows(50), { batch: { maxItems: 10, maxBytes: 1e6, concurrency: 1 } });
  await folder.run();
  return folder;
}

const tallyOf = (batch: number): Tally => ({
  wave,
  batch,
  lane: 'batch',
  model: 'gpt-5.4-mini',
  items: 10,
  answered: 9,
  retryable: { expired: 1 },
  rejected: {},
  usage: noUsage,
  costUsd: batch,
  batchId: `batch_${batch}`,
  ending: 'completed',
  createdAt: 0,
  endedAt: 1,
  polls: 1,
  anomalies: noAnomalies,
});

async function settle({ store }: Folder, ...batches: readonly number[]): Promise<void> {
  for (const batch of batches) await writeJson(store, tallyFile({ output, wave, batch }), { ...tallyOf(batch) });
}

test('the batches without a tally are open, and the others are summed up', async () => {
  const folder = await planFive();
  await settle(folder, 2, 4);
  const part = await readPart(folder, { ...jobRef, wave, at: planStart, count: 3 });
  expect(part.open.map(({ batch, items }) => [batch, items])).toEqual([
    [1, 10],
    [3, 10],
  ]);
  expect(part.settled.map(({ batch, chargedUsd }) => [batch, chargedUsd])).toEqual([[2, 2]]);
  expect(part.totals).toMatchObject({ batches: 1, answered: 9, retryable: { expired: 1 }, costUsd: 2 });
  expect(part.next?.batch).toBe(4);
  const rest = await readPart(folder, { ...jobRef, wave, at: part.next ?? planStart, count: 3 });
  expect([rest.open.map(({ batch }) => batch), rest.next]).toEqual([[5], null]);
  expect(await folder.store.head(rollUpFile(output, wave, 1))).toBeNull();
});

test('a part that is settled is rolled up, and its tallies are not read again to sum the wave up', async () => {
  const folder = await planFive();
  await settle(folder, 1, 2, 3, 4);
  const part = await readPart(folder, { ...jobRef, wave, at: planStart, count: 3 });
  expect(part.open).toEqual([]);
  for (const batch of [1, 2, 3]) writeFileSync(join(folder.root, tallyFile({ output, wave, batch })), 'torn');
  const sum = await quietEnvironment().run(() => sumWave(wholeDeps(folder), { ...jobRef, wave, batches: 5 }));
  expect(sum).toMatchObject({ batches: 4, items: 40, answered: 36, retryable: { expired: 4 }, costUsd: 10 });
});

test('roll-ups of parts that were cut otherwise count no batch twice', async () => {
  const folder = await planFive();
  await settle(folder, 1, 2, 3, 4, 5);
  const whole = await readPart(folder, { ...jobRef, wave, at: planStart, count: 2 });
  await readPart(folder, { ...jobRef, wave, at: planStart, count: 3 });
  await readPart(folder, { ...jobRef, wave, at: whole.next ?? planStart, count: 2 });
  const sum = await quietEnvironment().run(() => sumWave(wholeDeps(folder), { ...jobRef, wave, batches: 5 }));
  expect(sum).toMatchObject({ batches: 5, items: 50, costUsd: 15 });
});
