// When a create's requests come to this machine: only if the provider reads them, and before it sends anything.

import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { RequestFile } from '../../../providers/provider.ts';
import { type Store, StoreError } from '../../../storage/store.ts';
import { handle, SubmissionSite as Site } from './submission-site.ts';

/** Counts the copies that are asked for and freed; the first ones fail. */
function copyingStore(store: Store, failures: number) {
  const counted = {
    asked: 0,
    freed: 0,
    store: {
      ...store,
      localFile: async (uri: string, signal?: AbortSignal) => {
        counted.asked += 1;
        if (counted.asked <= failures) throw new StoreError('unavailable', uri);
        const { path } = await store.localFile(uri, signal);
        return {
          path,
          done: async () => {
            counted.freed += 1;
          },
        };
      },
    },
  };
  return counted;
}

const readText = async (file: RequestFile): Promise<string> =>
  readFile(await file.path(AbortSignal.timeout(1000)), 'utf8');

test('a create that refers to an uploaded file does not ask for the requests', async () => {
  const site = await Site.open();
  const copies = copyingStore(site.folder.store, 0);
  site.store = copies.store;
  expect(await site.create()).toMatchObject({ kind: 'created' });
  expect([copies.asked, copies.freed]).toEqual([0, 0]);
});

test('a create that sends the requests gets one copy, which is freed', async () => {
  const site = await Site.open();
  const copies = copyingStore(site.folder.store, 0);
  site.store = copies.store;
  site.made = async (file) => {
    expect(await readText(file)).toBe(await readText(file));
    expect(copies.freed).toBe(0);
    return handle('made');
  };
  expect(await site.create()).toMatchObject({ kind: 'created' });
  expect([copies.asked, copies.freed]).toEqual([1, 1]);
});

test('if the store does not give the requests, nothing was sent: the intent is withdrawn, and the next attempt creates', async () => {
  const site = await Site.open();
  site.store = copyingStore(site.folder.store, 1).store;
  site.made = async (file) => {
    await readText(file);
    return handle('made');
  };
  await expect(site.create()).rejects.toMatchObject({ problem: 'unavailable' });
  expect(site.intent).toBeNull();
  expect(await site.create()).toMatchObject({ kind: 'created', handle: { id: 'made' } });
});
