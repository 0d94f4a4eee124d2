// Planners that die at any call, and the successors that continue.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Store, StoreError } from '../../../storage/store.ts';
import { died, dyingStore, withoutParts } from './dying-store.ts';
import { type Folder, folderWith, openaiOffline, type SpecChange } from './planning.ts';

const rows = fc.array(
  fc.record({
    id: fc.integer({ min: 1, max: 200 }),
    text: fc.constantFrom('a', 'b', 'much longer than the others are'),
    model: fc.oneof({ weight: 9, arbitrary: fc.constant('one') }, { weight: 1, arbitrary: fc.constant('two') }),
  }),
  { minLength: 20, maxLength: 120 },
);
const change: SpecChange = {
  request: { model: '{{ model }}', messages: [{ role: 'user', content: '{{ text }}' }] },
  model: null,
  batch: { maxItems: 4, maxBytes: 1000, concurrency: 1 },
};

async function killedAndRunAgain(folder: Folder, kills: readonly number[], partRows: number): Promise<void> {
  for (const calls of kills) {
    await folder.run({ store: dyingStore(folder.store, calls), partRows }).catch((error: unknown) => {
      if (!(error instanceof StoreError && error.problem === 'unavailable')) throw error;
    });
  }
  await folder.run({ partRows });
}

test('a planner that dies anywhere, again and again, leaves the very plan that one left in peace makes', async () => {
  const kills = fc.array(fc.integer({ min: 1, max: 250 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(rows, kills, fc.integer({ min: 1, max: 30 }), async (each, killedAfter, partRows) => {
      const whole = await folderWith(each, change, openaiOffline);
      const killed = await folderWith(each, change, openaiOffline);
      await whole.run({ partRows: 1_000_000 });
      await killedAndRunAgain(killed, killedAfter, partRows);
      expect(withoutParts(killed.digests())).toEqual(withoutParts(whole.digests()));
    }),
    { numRuns: 25 },
  );
});

test('a successor continues after the last part instead of from the start', async () => {
  const each = Array.from({ length: 100 }, (_, index) => ({ id: index + 1, text: `${index}`, model: 'one' }));
  const folder = await folderWith(each, change);
  // Everything works but the manifest, so that all parts are left.
  const store: Store = {
    ...folder.store,
    create: async (uri, options) => {
      if (uri.endsWith('manifest.jsonl')) throw died();
      return folder.store.create(uri, options);
    },
  };
  await expect(folder.run({ store, partRows: 10 })).rejects.toThrow(StoreError);
  const written: string[] = [];
  const watching: Store = {
    ...folder.store,
    create: async (uri, options) => {
      written.push(uri);
      return folder.store.create(uri, options);
    },
  };
  expect((await folder.run({ store: watching, partRows: 10 })).items).toBe(100);
  expect(written.filter((uri) => uri.endsWith('.requests.jsonl')).length).toBeLessThan(5);
});

test('a planner does not continue from what another claim left', async () => {
  const each = Array.from({ length: 30 }, (_, index) => ({ id: index + 1, text: 'x', model: 'one' }));
  const folder = await folderWith(each, change);
  await expect(folder.run({ store: dyingStore(folder.store, 60), partRows: 4 })).rejects.toThrow(StoreError);
  const sink = await folder.store.create('runs/test/job.json');
  const job = { ...folder.job, planNonce: 'f'.repeat(32) };
  await sink.write(Buffer.from(JSON.stringify(job)));
  await sink.close();
  await folder.run({ partRows: 4 });
  const ids = folder.lines<{ customId: string; key: string }>('plan/wave-1/batch-0001.items.jsonl');
  const other = await folderWith(each, change);
  await other.run();
  const same = other.lines<{ customId: string; key: string }>('plan/wave-1/batch-0001.items.jsonl');
  expect(ids.map(({ key }) => key)).toEqual(same.map(({ key }) => key));
  expect(ids[0]?.customId).not.toBe(same[0]?.customId);
});
