// The batches that a job would leave behind: those that may have been sent and have no tally.

import { expect, test } from 'vitest';
import { TryAgain } from '../../../activities/failure.ts';
import { listUnsettled, type UnsettledPage, untilBatchesClosed } from '../../../activities/finish/unsettled.ts';
import { readPart } from '../../../activities/waves/read-part.ts';
import { jobStart, planStart } from '../../../domain/job.ts';
import { noUsage } from '../../../domain/outcome/usage.ts';
import { handleFile, intentFile, journalFile, rawFile, tallyFile } from '../../../job-folder/paths.ts';
import { writeJson, writeText } from '../../../storage/lines/json-lines.ts';
import { type Folder, folderWith, jobRef, makeRows, output, quietEnvironment } from '../plan/planning.ts';
import { wholeDeps } from '../whole-job.ts';

const ref = (batch: number) => ({ output, wave: 1, batch });

const emptyTally = { items: 0, answered: 0, retryable: {}, rejected: {}, usage: { ...noUsage }, costUsd: null };

/** Of six batches, the first has a tally, the second a handle, the third an intent, the fourth a journal, the fifth one of an earlier version, and the sixth nothing. */
async function planSix(): Promise<Folder> {
  const folder = await folderWith(makeRows(60), { batch: { maxItems: 10, maxBytes: 1e6, concurrency: 1 } });
  await folder.run();
  const { store } = folder;
  await writeJson(store, tallyFile(ref(1)), {});
  await writeJson(store, handleFile(ref(2)), { handle: { id: 'batch_2', createdAt: 0, fileId: null }, earlier: [] });
  await writeJson(store, intentFile(ref(3)), {});
  await (await store.journal(journalFile(ref(4), 1))).close();
  await writeText(store, rawFile(ref(5)), '{}\n');
  return folder;
}

test('a batch with a handle, an intent or an answer and no tally is unsettled; one that was never sent is not', async () => {
  const folder = await planSix();
  const page: UnsettledPage = await quietEnvironment().run(() =>
    listUnsettled(folder, { ...jobRef, waves: 1, from: jobStart }),
  );
  expect([page.wave, page.batches.map(({ batch }) => batch), page.next]).toEqual([1, [2, 3, 4, 5], null]);
});

test('what is rolled up is settled, and its tallies are not looked at again', async () => {
  const folder = await planSix();
  for (const batch of [2, 3]) await writeJson(folder.store, tallyFile(ref(batch)), emptyTally);
  await writeJson(folder.store, tallyFile(ref(1)), emptyTally);
  await readPart(folder, { ...jobRef, wave: 1, at: planStart, count: 3 });
  for (const batch of [1, 2, 3]) await folder.store.remove(tallyFile(ref(batch)));
  const page: UnsettledPage = await quietEnvironment().run(() =>
    listUnsettled(folder, { ...jobRef, waves: 1, from: jobStart }),
  );
  expect(page.batches.map(({ batch }) => batch)).toEqual([4, 5]);
});

test('a job does not finish while a workflow of a batch without a tally is open', async () => {
  const folder = await planSix();
  const asked: string[] = [];
  const cluster = { ...wholeDeps(folder).cluster, isOpen: async (id: string) => asked.push(id) === 2 };
  const waiting = quietEnvironment().run(() =>
    untilBatchesClosed({ store: folder.store, cluster }, { ...jobRef, waves: 1 }),
  );
  await expect(waiting).rejects.toThrow(TryAgain);
  await expect(waiting).rejects.toThrow(/wave-1\/batch-0003 has not ended yet/);
  asked.push('the one that was open has ended');
  await quietEnvironment().run(() => untilBatchesClosed({ store: folder.store, cluster }, { ...jobRef, waves: 1 }));
  expect(asked.slice(3).map((id) => id.slice(-4))).toEqual(['0002', '0003', '0004', '0005', '0006']);
});
