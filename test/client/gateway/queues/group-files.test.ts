// The files of groups: what a killed gateway left is swept, and nothing that somebody may still read.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { GroupFiles } from '../../../../client/gateway/queues/group-files.ts';
import { createStore } from '../../../../storage/registry.ts';
import { StoreError, type WriteOptions } from '../../../../storage/store.ts';

const root = mkdtempSync(join(tmpdir(), 'nightshift-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('files that are older than an hour are swept', async () => {
  let now = Date.now();
  const store = createStore({ dataRoot: root, s3PathStyle: true, scratch: root });
  const files = new GroupFiles(store, 'gateway/', () => now);
  await files.write(Buffer.from('{}\n'));
  now += 3_600_001;
  const young = await files.write(Buffer.from('{}\n'));
  await files.sweep();
  expect(readdirSync(join(root, 'gateway/intake'))).toEqual([young.uri.replace('gateway/intake/', '')]);
  await files.remove(young, true);
  expect(readdirSync(join(root, 'gateway/intake'))).toEqual([]);
});

test('a store that does not answer is tried again, under another name', async () => {
  const store = createStore({ dataRoot: root, s3PathStyle: true, scratch: root });
  const names: string[] = [];
  const failing: typeof store = Object.assign(Object.create(store), {
    create: (uri: string, options?: WriteOptions) => {
      names.push(uri);
      if (names.length < 3) throw new StoreError('unavailable', uri);
      return store.create(uri, options);
    },
  });
  const { uri } = await new GroupFiles(failing, 'gateway/', Date.now).write(Buffer.from('{}\n'));
  expect(new Set(names).size).toBe(3);
  expect(await store.head(uri)).toMatchObject({ bytes: 3 });
});
