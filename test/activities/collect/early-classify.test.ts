// An output is classified while it is downloaded. That only saves time: what is written is what `classify` writes, and it is written only if every
// item is proven.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { download } from '../../../activities/collect/download.ts';
import type { Fault } from '../../../domain/batch/backoff.ts';
import type { Reading } from '../../../domain/batch/evidence.ts';
import { rawFile } from '../../../job-folder/paths.ts';
import { createThreads } from '../../../threads/pool.ts';
import { jobRef } from '../plan/planning.ts';
import { fault } from '../submit/submission-site.ts';
import { answerLine, provider, wholeDeps } from '../whole-job.ts';
import { batch, Collection, ended } from './collection.ts';

const ref = { ...jobRef, wave: 1, batch: 1 };
const handle = { id: 'own', createdAt: 0, fileId: null };

interface Sent {
  readonly places: readonly number[];
  readonly attempt?: number;
  readonly failure?: Fault;
  readonly size?: true | null;
  readonly changes?: Partial<ReturnType<typeof wholeDeps>>;
}

/** Downloads lines for the items at these places, in pieces that cut lines in the middle. */
async function receive(
  collection: Collection,
  { places, attempt = 1, failure, size = true, changes = {} }: Sent,
): Promise<Reading> {
  const bytes = Buffer.from(places.map((place) => `${answerLine(collection.ids[place] ?? '', 'own')}\n`).join(''));
  const fake = {
    ...provider,
    download: async function* (): AsyncGenerator<Uint8Array, true | null> {
      for (let from = 0; from < bytes.length; from += 100) yield bytes.subarray(from, from + 100);
      if (failure !== undefined) throw fault(failure, false);
      return size;
    },
  };
  const deps = { ...wholeDeps(collection.folder), provider: () => fake, ...changes };
  const end = collection.describeEnd([batch(ended('completed', 3), null)]);
  const environment = new MockActivityEnvironment({ attempt }, { logger: new DefaultLogger('ERROR') });
  return environment.run(() => download(deps, { ...ref, handle, twin: 0, end }));
}

test('a whole output leaves answers and tally, and nobody reads it again', async () => {
  const collection = await Collection.plan();
  await receive(collection, { places: [2, 0, 1] });
  expect(collection.written).toHaveLength(2);
  const digests = collection.folder.digests();
  rmSync(join(collection.folder.root, rawFile(ref)));
  expect(await collection.tally([batch(ended('completed', 3))])).toMatchObject({
    answered: 3,
    items: 3,
    batchId: 'own',
  });
  expect(collection.folder.digests()).toMatchObject(
    Object.fromEntries(Object.entries(digests).filter(([path]) => !path.endsWith('.raw'))),
  );
});

test('what it writes is what classify writes from the stored output', async () => {
  const [early, late] = [await Collection.plan(), await Collection.plan([0, 1, 2])];
  await receive(early, { places: [0, 1, 2] });
  await late.classify([batch(ended('completed', 3))]);
  const answers = ({ folder }: Collection): string => folder.text('answers/wave-1/batch-0001.jsonl');
  expect(answers(early).replaceAll('"own"', '')).toBe(answers(late).replaceAll(/"own \d"|"own"/g, ''));
});

test.for<[string, Sent]>([
  ['a line is missing', { places: [0, 2] }],
  ['the output broke for the sixth time', { places: [0, 1], attempt: 6, failure: 'broken_stream' }],
  ['the output has no size, and a line is missing', { places: [0, 1], size: null }],
])('nothing is written if %s', async ([, sent]) => {
  const collection = await Collection.plan();
  await receive(collection, sent);
  expect(collection.written).toEqual([]);
});

test('nothing is written if an earlier reading was longer', async () => {
  const collection = await Collection.plan();
  const longer = { places: [0, 0, 0, 0, 1] };
  await receive(collection, longer);
  await receive(collection, { places: [0, 1, 2] });
  expect(collection.written).toEqual([]);
});

test('if threads fail, the output is stored all the same, and classify reads it', async () => {
  const collection = await Collection.plan();
  const broken = { ...createThreads(1), run: () => Promise.reject(new Error('no thread')) };
  const reading = await receive(collection, { places: [0, 1, 2], changes: { threads: broken } });
  expect(reading).toMatchObject({ whole: true });
  expect(collection.written).toEqual([]);
  expect(await collection.tally([batch(ended('completed', 3), reading)])).toMatchObject({ answered: 3 });
});
