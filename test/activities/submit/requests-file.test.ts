// When a create's requests come to this machine: only if the provider reads them, and before it sends anything.

import { readFile } from 'node:fs/promises';
import { CancelledFailure } from '@temporalio/activity';
import { expect, test } from 'vitest';
import { withRequestsFile } from '../../../activities/submit/requests-file.ts';
import type { RequestFile, Submission } from '../../../providers/provider.ts';
import { callProvider } from '../../../providers/transport/call.ts';
import { openaiFaults } from '../../../providers/vendors/openai/faults.ts';
import { type Store, StoreError } from '../../../storage/store.ts';
import { handle, SubmissionSite as Site } from './submission-site.ts';

const caller = { name: 'openai', calls: openaiFaults.calls };

/** Counts the copies that are asked for and freed; the first ones fail. */
function copyingStore(
  store: Store,
  failures: number,
  fail = (uri: string): Error => new StoreError('unavailable', uri),
) {
  const counted = {
    asked: 0,
    freed: 0,
    store: {
      ...store,
      localFile: async (uri: string, signal?: AbortSignal) => {
        counted.asked += 1;
        if (counted.asked <= failures) throw fail(uri);
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

test.each([
  ['does not give the requests', undefined],
  ['takes too long', () => new DOMException('stalled', 'TimeoutError')],
  ['is not waited for', () => new DOMException('aborted', 'AbortError')],
])('if the store %s, nothing was sent: the intent is withdrawn, and the next attempt creates', async (_, fail) => {
  const site = await Site.open();
  site.store = copyingStore(site.folder.store, 1, fail).store;
  site.made = (file) =>
    callProvider(caller, 'create', async () => {
      await readText(file);
      return handle('made');
    });
  await expect(site.create()).rejects.toMatchObject({ problem: 'unavailable' });
  expect(site.intent).toBeNull();
  expect(await site.create()).toMatchObject({ kind: 'created', handle: { id: 'made' } });
});

test('a copy that ends because the activity is cancelled stays a cancellation', async () => {
  const site = await Site.open();
  const copies = copyingStore(site.folder.store, 1, () => new CancelledFailure('cancelled'));
  const submission = { key: 'key' } as Submission;
  await expect(withRequestsFile(copies.store, site.ref, submission, readText)).rejects.toThrow(CancelledFailure);
});
