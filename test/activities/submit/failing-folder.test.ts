// The data root fails or lags in the middle of the create protocol: the disk is full at any of its writes, or a shared folder shows other
// workers' files late. The activities are called as the batch's workflow calls them.

import { expect, test } from 'vitest';
import type { Created } from '../../../activities/submit/adopt.ts';
import type { CreateResult } from '../../../activities/submit/create.ts';
import type { BatchHandle } from '../../../domain/batch/state.ts';
import { handleFile, intentFile } from '../../../job-folder/paths.ts';
import { type Store, StoreError } from '../../../storage/store.ts';
import { fault, handle, SubmissionSite as Site } from './submission-site.ts';

const full = (uri: string): StoreError => new StoreError('full', uri);

/** Counts the steps that change the folder; those that `fails` names fail, before or after they have taken effect. */
function failingStore(
  store: Store,
  fails: (step: number) => 'before' | 'after' | null,
): { store: Store; steps: number } {
  const failing = {
    steps: 0,
    store: {
      ...store,
      create: async (uri: string, options: Parameters<Store['create']>[1]) => {
        const sink = await store.create(uri, options);
        return { ...sink, close: () => take(uri, () => sink.close()) };
      },
      remove: (uri: string) => take(uri, () => store.remove(uri)),
    },
  };
  const take = async <T>(uri: string, act: () => Promise<T>): Promise<T> => {
    failing.steps += 1;
    const how = fails(failing.steps);
    if (how === 'before') throw full(uri);
    const done = await act();
    if (how === 'after') throw full(uri);
    return done;
  };
  return failing;
}

/** As Temporal does. */
async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreError) || attempt === 20) throw error;
    }
  }
}

/** As the batch's workflow does. */
async function submit(site: Site): Promise<Created> {
  for (let round = 0; round < 20; round += 1) {
    const result: CreateResult = await retried(() => site.create());
    if (result.kind === 'created') return result;
    if (result.kind === 'refused') continue;
    for (const last of [false, false, true]) {
      const found = await retried(() => site.find({ last }));
      if (found.kind === 'created') return found;
    }
  }
  throw new Error('the batch was not created');
}

/** What the provider does with the first creates; then it makes batches and says so. */
type Reply = 'lost' | 'refused';

/** A provider that shows what it made, and loses or refuses first. */
function provide(site: Site, replies: readonly Reply[]): BatchHandle[] {
  const made: BatchHandle[] = [];
  const left = [...replies];
  site.found = () => ({ confirmed: [...made], possible: [] });
  site.made = () => {
    const reply = left.shift();
    if (reply === 'refused') throw fault('capacity', false);
    const batch = handle(`batch-${made.length + 1}`);
    made.push(batch);
    if (reply === 'lost') throw fault('connection', true);
    return batch;
  };
  return made;
}

const cases = ([[], ['lost'], ['refused'], ['refused', 'lost']] as const).flatMap((replies) =>
  (['before', 'after'] as const).flatMap((how) => [1, 3].map((failures) => ({ replies, how, failures }))),
);

test.each(cases)(
  'the disk is full $failures times, $how a step takes effect, at each step in turn; replies: $replies',
  async ({ replies, how, failures }) => {
    const steps: number[] = [];
    for (let from = 1; from <= Math.max(1, ...steps); from += 1) {
      const site = await Site.open();
      const made = provide(site, replies);
      const failing = failingStore(site.folder.store, (step) => (step >= from && step < from + failures ? how : null));
      site.store = failing.store;
      await submit(site);
      steps.push(Math.min(failing.steps, 12));
      expect([made.length, site.handle?.handle.id, site.handle?.twins], `from step ${from}`).toEqual([1, 'batch-1', 0]);
      await site.recover();
      expect(site.intent, `from step ${from}`).toBeNull();
    }
    expect(steps.length).toBeGreaterThan(2);
  },
);

test('an intent whose write failed after it had appeared keeps nobody waiting', async () => {
  const site = await Site.open();
  provide(site, []);
  site.store = failingStore(site.folder.store, (step) => (step === 1 ? 'after' : null)).store;
  await expect(site.create()).rejects.toMatchObject({ problem: 'full' });
  expect(site.intent).toBeNull();
  expect(await site.create()).toMatchObject({ kind: 'created' });
});

/** Another worker's view of the folder: of the given files it sees nothing for so many looks, except that they cannot be created again. */
function laggingStore(store: Store, hidden: (uri: string) => boolean, looks: number): Store {
  let left = looks;
  const isHidden = (uri: string): boolean => {
    if (!hidden(uri) || left === 0) return false;
    left -= 1;
    return true;
  };
  return {
    ...store,
    head: async (uri, signal) => (isHidden(uri) ? null : store.head(uri, signal)),
    read: async function* (uri, options) {
      if (isHidden(uri)) throw new StoreError('missing', uri);
      yield* store.read(uri, options);
    },
  };
}

test('a worker that does not see the handle of a dead one yet makes a second batch at worst, and both are known', async () => {
  const site = await Site.open();
  await site.create();
  site.store = laggingStore(site.folder.store, (uri) => uri === handleFile(site.ref), 4);
  site.made = () => handle('second');
  // The provider's list lags, too: otherwise it would be found.
  const result = await site.create();
  expect(result).toMatchObject({ kind: 'created', handle: { id: 'made' }, twins: [{ id: 'second' }] });
  expect(site.handle).toMatchObject({ handle: { id: 'made' }, twins: 1, twinHandles: [{ id: 'second' }] });
});

test('a worker that does not see the intent of a dead one yet creates nothing', async () => {
  const site = await Site.open();
  site.write('intent', { ordinal: 0, by: 'dead', firstAt: site.now, startedAt: site.now, overAt: site.now + 2000 });
  site.store = laggingStore(site.folder.store, (uri) => uri === intentFile(site.ref), 3);
  expect(await site.create()).toMatchObject({ kind: 'unknown' });
  expect(await site.find({ last: true })).toEqual({ kind: 'none' });
  expect([site.creates, site.intent?.by]).toEqual([0, 'dead']);
});
