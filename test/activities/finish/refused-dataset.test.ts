// At the end of a job, a dataset that may not be read for now has not changed: the merge is tried again, so that failed rows keep their records.

import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { merge } from '../../../activities/finish/merge.ts';
import { createStore } from '../../../storage/registry.ts';
import type { Store } from '../../../storage/store.ts';
import { serveOddS3 } from '../../storage/odd-server.ts';
import { type Folder, folderWith, jobRef, makeRows, quietEnvironment } from '../plan/planning.ts';
import { errorLine, runWhole, wholeDeps } from '../whole-job.ts';

/** The dataset is on a server for S3 that answers in this way. */
async function datasetOn(folder: Folder, status: number, code: string): Promise<Store> {
  await serveOddS3((_request, reply) => reply.writeHead(status).end(`<Error><Code>${code}</Code></Error>`));
  const remote = createStore({ dataRoot: tmpdir(), s3PathStyle: true });
  const { store } = folder;
  return {
    ...store,
    read: (uri, options) =>
      uri === 'rows.jsonl' ? remote.read('s3://bucket/rows.jsonl', options) : store.read(uri, options),
  };
}

async function failedJob(): Promise<Folder> {
  const folder = await folderWith(makeRows(2), { id: 'id' });
  await runWhole(folder, (_wave, _planned, items) => items.map(({ customId }) => errorLine(customId, 400)));
  return folder;
}

const mergeWith = (folder: Folder, store: Store) =>
  quietEnvironment().run(() =>
    merge({ ...wholeDeps(folder), store }, { ...jobRef, waves: 1, unsentReason: 'cancelled' }),
  );

test.each([
  [403, 'AccessDenied', 'unreadable'],
  [403, 'ExpiredToken', 'no_credentials'],
  [401, 'Unauthorized', 'no_credentials'],
])('refused by %i %s, it fails as %s, and the files of failed rows stay', async (status, code, problem) => {
  const folder = await failedJob();
  const before = folder.digests();
  await expect(mergeWith(folder, await datasetOn(folder, status, code))).rejects.toMatchObject({ problem });
  expect(folder.digests()).toEqual(before);
  expect(await mergeWith(folder, folder.store)).toMatchObject({ datasetChanged: false });
  expect(folder.lines('failures.jsonl')).toMatchObject([{ text: 'text 1' }, { text: 'text 2' }]);
});

test.each([
  [404, 'NoSuchKey'],
  [404, 'NoSuchBucket'],
])('gone by %i %s, it counts as changed', async (status, code) => {
  const folder = await failedJob();
  expect(await mergeWith(folder, await datasetOn(folder, status, code))).toMatchObject({ datasetChanged: true });
});
