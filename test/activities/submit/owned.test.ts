// Which submission has a provider batch: known at the cost of one file, and never two of them.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ActivityDeps } from '../../../activities/deps.ts';
import { resumeJob } from '../../../activities/open/resume.ts';
import { create } from '../../../activities/submit/create.ts';
import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { PlannedBatch } from '../../../domain/job.ts';
import { handleFile } from '../../../job-folder/paths.ts';
import { isOwnedByOther, recordHandle, type SubmissionRef, writeIntent } from '../../../job-folder/submission.ts';
import type { Submission } from '../../../providers/provider.ts';
import { countReads } from '../../support/counting-store.ts';
import { type Folder, folderWith, jobRef, makeRows, output, quietEnvironment } from '../plan/planning.ts';
import { provider, wholeDeps } from '../whole-job.ts';
import { handle, nothing, SubmissionSite } from './submission-site.ts';

async function planBatches(count: number): Promise<{ folder: Folder; refs: readonly SubmissionRef[] }> {
  const folder = await folderWith(makeRows(count), { batch: { maxItems: 1, maxBytes: 1e8, concurrency: 1 } });
  await folder.run();
  const refs = folder
    .lines<PlannedBatch>('plan/wave-1/manifest.jsonl')
    .filter(({ batch }) => batch !== undefined)
    .map(({ batch, items, bytes, requestsCrc32, model, endpoint }): SubmissionRef => {
      const facts = { items, bytes, crc32: requestsCrc32, model, endpoint };
      return { ...jobRef, wave: 1, batch, ordinal: 0, ...facts };
    });
  return { folder, refs };
}

/** A provider that keeps no metadata: of the batches that it lists, the newest alone may be the submission's by its time and size. */
function makeForgetful(folder: Folder): { deps: ActivityDeps; made: BatchHandle[] } {
  const made: BatchHandle[] = [];
  const fake = {
    ...provider,
    limits: { ...provider.limits, distinctCounts: true },
    find: async ({ isOwnedByOther: isOther }: Submission) => {
      const last = made.at(-1);
      return last === undefined || (await isOther(last.id)) ? nothing : { confirmed: [last], possible: [] };
    },
    create: async () => {
      const next = handle(`batch-${made.length}`);
      made.push(next);
      return next;
    },
  };
  return { deps: { ...wholeDeps(folder), provider: () => fake }, made };
}

const createAll = async (deps: ActivityDeps, refs: readonly SubmissionRef[], after: () => void): Promise<void> => {
  for (const ref of refs) {
    await quietEnvironment().run(() => create(deps, { ...ref, staged: { fileId: null } }));
    after();
  }
};

test('a create reads as much for the last of many batches as for the second', async () => {
  const { folder, refs } = await planBatches(40);
  const { deps, made } = makeForgetful(folder);
  const { store, takeReads } = countReads(folder.store);
  const reads: number[] = [];
  await createAll({ ...deps, store }, refs, () => reads.push(takeReads()));
  expect(made).toHaveLength(40);
  expect(reads.slice(2)).toEqual(reads.slice(1, -1));
});

test('of two submissions that find the same provider batch at the same instant, one has it and the other searches again', async () => {
  const { folder, refs } = await planBatches(2);
  const deps = {
    ...wholeDeps(folder),
    provider: () => ({ ...provider, find: async () => ({ confirmed: [handle('lost')], possible: [] }) }),
  };
  const adopted = await Promise.allSettled(
    refs.map((ref) => quietEnvironment().run(() => create(deps, { ...ref, staged: { fileId: null } }))),
  );
  expect(adopted.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(adopted.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { name: 'TryAgain' } });
});

test('a crash between the mark and the handle leaves the batch to its submission', async () => {
  const site = await SubmissionSite.open();
  site.made = () => handle('made');
  await site.create();
  rmSync(join(site.folder.root, handleFile(site.ref)));
  await writeIntent(site.folder.store, site.ref, { ordinal: 0, by: 'dead', firstAt: 0, overAt: 5 });
  site.found = () => ({ confirmed: [handle('made')], possible: [] });
  expect(await site.find()).toMatchObject({ kind: 'created', handle: { id: 'made' } });
});

test('twins, and the batches of an earlier ordinal, are nobody else’s', async () => {
  const { folder, refs } = await planBatches(2);
  const [one, two] = refs;
  if (one === undefined || two === undefined) throw new Error('two batches were planned');
  await recordHandle(folder.store, one, handle('own/1'), [handle('twin')]);
  const owned = (ref: SubmissionRef) =>
    Promise.all(['own/1', 'twin', 'foreign'].map((id) => isOwnedByOther(folder.store, ref, id)));
  expect(await owned(one)).toEqual([false, false, false]);
  expect(await owned(two)).toEqual([true, true, false]);
  expect(await owned({ ...one, ordinal: 1 })).toEqual([true, true, false]);
});

test('a take-over marks the batches of a folder whose version wrote no marks', async () => {
  const { folder, refs } = await planBatches(2);
  const { deps } = makeForgetful(folder);
  await createAll(deps, refs.slice(0, 1), () => undefined);
  rmSync(join(folder.root, output, 'plan/owned'), { recursive: true });
  await resumeJob(deps, { workflowId: 'second', firstRunId: 'run' }, output, (spec) => ({ kind: 'job', spec }));
  const owned = refs.map((ref) => isOwnedByOther(folder.store, ref, 'batch-0'));
  expect(await Promise.all(owned)).toEqual([false, true]);
});
