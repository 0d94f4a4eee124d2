// The uploaded files of a batch are deleted at its provider when its answers are durable, and no sooner.

import { expect, test } from 'vitest';
import { classify } from '../../../activities/collect/classify.ts';
import type { ClassifyInput } from '../../../activities/collect/classify-input.ts';
import { handleFile, jobFile } from '../../../job-folder/paths.ts';
import { readTally } from '../../../job-folder/tallies.ts';
import { ProviderError } from '../../../providers/error.ts';
import { writeJson } from '../../../storage/lines/json-lines.ts';
import { batch, Collection, ended, readTwice } from '../collect/collection.ts';
import { jobRef, output, quietEnvironment } from '../plan/planning.ts';
import { provider, wholeDeps } from '../whole-job.ts';

const ref = { ...jobRef, wave: 1, batch: 1 };
const handleOf = (id: string, fileId: string | null) => ({ id, createdAt: 0, fileId });

/** A batch that was created three times: twice from one file, and once from a further one. */
async function classifyOf(end: Parameters<typeof batch>[0], lines: readonly number[], forget?: () => Promise<void>) {
  const site = await Collection.plan([...lines]);
  const { folder } = site;
  const twinHandles = [handleOf('twin', null)];
  const earlier = [handleOf('first', 'old-file'), handleOf('second', 'file')];
  await writeJson(folder.store, handleFile(ref), {
    ordinal: 2,
    handle: handleOf('own', 'file'),
    twins: 1,
    twinHandles,
    earlier,
  });
  const deleted: (readonly [file: string, wasDurable: boolean])[] = [];
  const forgetFile = async (fileId: string) => {
    deleted.push([fileId, (await readTally(folder.store, ref)) !== null]);
    await forget?.();
  };
  const deps = { ...wholeDeps(folder), provider: () => ({ ...provider, forgetFile }) };
  const input: ClassifyInput = site.describeEnd([batch(end, readTwice)], { final: true });
  const run = () => quietEnvironment().run(() => classify(deps, input));
  return { folder, deleted, run };
}

test('each file once, when the tally is written, and again if the activity is repeated', async () => {
  const { deleted, run } = await classifyOf(ended('completed', 3), [0, 1, 2]);
  await run();
  const files = [
    ['file', true],
    ['old-file', true],
  ];
  expect(deleted).toEqual(files);
  await run();
  expect(deleted).toEqual([...files, ...files]);
});

test('a file that cannot be deleted changes nothing of the result', async () => {
  const facts = {
    fault: 'connection',
    status: null,
    code: null,
    requestId: null,
    retryAfterMs: null,
    ambiguous: false,
  } as const;
  const refuse = () => Promise.reject(new ProviderError('openai', facts));
  const { run } = await classifyOf(ended('completed', 3), [0, 1, 2], refuse);
  expect(await run()).toMatchObject({ kind: 'tally', tally: { answered: 3 } });
});

test('not if an item is in doubt: a person may have to check the batch', async () => {
  const { deleted, run } = await classifyOf(null, [0]);
  expect(await run()).toMatchObject({ kind: 'tally', tally: { rejected: { in_doubt: 2 } } });
  expect(deleted).toEqual([]);
});

test('not if the job keeps its files at the provider', async () => {
  const { folder, deleted, run } = await classifyOf(ended('completed', 3), [0, 1, 2]);
  const { job } = folder;
  await writeJson(folder.store, jobFile(output), {
    ...job,
    spec: { ...job.spec, keep: { ...job.spec.keep, providerFiles: true } },
  });
  expect(await run()).toMatchObject({ kind: 'tally' });
  expect(deleted).toEqual([]);
});
