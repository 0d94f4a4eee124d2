// What a crash may leave while answers are written: never a tally without its answers, and never answers without the evidence that they rest on.

import { expect, test } from 'vitest';
import { classify } from '../../../activities/collect/classify.ts';
import { readEvidence } from '../../../job-folder/evidence.ts';
import { answersFile, tallyFile } from '../../../job-folder/paths.ts';
import { readTally } from '../../../job-folder/tallies.ts';
import type { Store } from '../../../storage/store.ts';
import { died, dyingStore } from '../plan/dying-store.ts';
import { quietEnvironment } from '../plan/planning.ts';
import { wholeDeps } from '../whole-job.ts';
import { batch, Collection, ended, ref } from './collection.ts';
import { receive } from './receive.ts';

/** Attempts that each die one call later than the one before, until one leaves a tally. Returns their number. */
async function dieAtEachCall(
  { folder }: Collection,
  attempt: (store: Store) => Promise<unknown>,
  requireSound: () => Promise<void>,
): Promise<number> {
  for (let calls = 0; ; calls += 1) {
    await attempt(dyingStore(folder.store, calls)).catch((error: unknown) => expect(error).toEqual(died()));
    await requireSound();
    if ((await readTally(folder.store, ref)) !== null) return calls;
  }
}

async function requireAnswers(collection: Collection): Promise<void> {
  if ((await readTally(collection.folder.store, ref)) === null) return;
  expect(collection.outcomes).toEqual(['answered', 'answered', 'answered']);
}

test('classify, wherever it dies, leaves a tally only with all its answers', async () => {
  const collection = await Collection.plan([0, 1, 2]);
  const input = collection.describeEnd([batch(ended('completed', 3))]);
  const attempt = (store: Store) =>
    quietEnvironment().run(() => classify({ ...wholeDeps(collection.folder), store }, input));
  expect(await dieAtEachCall(collection, attempt, () => requireAnswers(collection))).toBeGreaterThan(5);
});

test('a download, wherever it dies, leaves answers only with their evidence, and a tally only with all answers', async () => {
  const collection = await Collection.plan();
  const { store: whole } = collection.folder;
  const attempt = (store: Store) => receive(collection, { places: [0, 1, 2], changes: { store } });
  const requireSound = async (): Promise<void> => {
    await requireAnswers(collection);
    if ((await whole.head(answersFile(ref))) === null) return;
    expect((await readEvidence(whole, ref)).own?.reading).toMatchObject({ whole: true });
  };
  expect(await dieAtEachCall(collection, attempt, requireSound)).toBeGreaterThan(10);
});

test('a batch that has its tally is not judged again when its output is downloaded again', async () => {
  const collection = await Collection.plan();
  await receive(collection, { places: [0, 1, 2] });
  const { store: whole } = collection.folder;
  const created: string[] = [];
  const store: Store = {
    ...whole,
    create: (uri, options) => {
      created.push(uri);
      return whole.create(uri, options);
    },
  };
  const judged: string[] = [];
  const { threads } = wholeDeps(collection.folder);
  const watched: typeof threads = {
    ...threads,
    size: threads.size,
    stock: threads.stock,
    run: (name, input) => {
      judged.push(name);
      return threads.run(name, input);
    },
  };
  await receive(collection, { places: [0, 1, 2], changes: { store, threads: watched } });
  expect(created).not.toContain(answersFile(ref));
  expect(created).not.toContain(tallyFile(ref));
  expect(judged).toEqual([]);
});
