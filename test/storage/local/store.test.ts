// The store contract on local disk, and what only a disk has: links, torn ends, leftovers and permissions.

import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { writeJson } from '../../../storage/lines/json-lines.ts';
import { storeError } from '../../../storage/local/error.ts';
import { createFileStore } from '../../../storage/local/store.ts';
import { storeContract } from '../contract.ts';

const folders: string[] = [];
const isRoot = process.getuid?.() === 0;

async function freshRoot(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'nightshift-store-'));
  folders.push(root);
  return root;
}

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

storeContract('file store', async () => {
  const root = await freshRoot();
  return {
    store: createFileStore({ root }),
    root: '',
    sweptBytes: 4,
    refused: [
      ['', 'bad_uri'],
      ['a\0b', 'bad_uri'],
      ['ftp://host/file', 'bad_uri'],
      ['../file', 'outside_root'],
      ['a/../../file', 'outside_root'],
      ['/etc/passwd', 'outside_root'],
    ],
    appendForEver: (journal) => [fileURLToPath(new URL('../journal-child.ts', import.meta.url)), root, journal],
    makeUnreadable: async () => {
      if (isRoot) {
        await mkdir(join(root, 'locked'));
      } else {
        await writeFile(join(root, 'locked'), 'x');
        await chmod(join(root, 'locked'), 0);
      }
      return 'locked';
    },
  };
});

test('a link inside the root is followed, one that leaves it is refused for reading and writing', async () => {
  const root = await freshRoot();
  const outside = await freshRoot();
  await writeFile(join(outside, 'secret'), 'x');
  await mkdir(join(root, 'inside'));
  await symlink('inside', join(root, 'near'));
  await symlink(outside, join(root, 'far'));
  await symlink(join(outside, 'secret'), join(root, 'file'));
  const store = createFileStore({ root });
  await writeJson(store, 'near/a.json', {});
  expect(await readdir(join(root, 'inside'))).toEqual(['a.json']);
  for (const uri of ['far/secret', 'far/new/deep', 'file']) {
    await expect(store.head(uri)).rejects.toMatchObject({ problem: 'outside_root' });
    await expect(store.create(uri)).rejects.toMatchObject({ problem: 'outside_root' });
    await expect(store.journal(uri)).rejects.toMatchObject({ problem: 'outside_root' });
  }
  expect(await readdir(outside)).toEqual(['secret']);
});

test('a root that is itself a link is a root', async () => {
  const real = await freshRoot();
  const link = join(await freshRoot(), 'link');
  await symlink(real, link);
  await writeJson(createFileStore({ root: link }), 'a.json', {});
  expect(await readdir(real)).toEqual(['a.json']);
});

test('leftovers of a dead process are never seen', async () => {
  const root = await freshRoot();
  const store = createFileStore({ root });
  await store.create('a/file').then((sink) => sink.write(Buffer.from('half')));
  expect(await readdir(join(root, 'a'))).toHaveLength(1);
  const found: string[] = [];
  for await (const { uri } of store.list('')) found.push(uri);
  expect(found).toEqual([]);
});

test('a folder is not a file', async () => {
  const root = await freshRoot();
  await mkdir(join(root, 'folder'));
  const store = createFileStore({ root });
  expect(await store.head('folder')).toBeNull();
  await expect(store.create('folder/')).rejects.toMatchObject({ problem: 'bad_uri' });
  await expect(writeJson(store, 'folder', {})).rejects.toMatchObject({ name: 'StoreError' });
  expect(await readdir(root)).toEqual(['folder']);
});

test.each([
  ['ENOSPC', 'writing', 'full'],
  ['EACCES', 'reading', 'unreadable'],
  ['EACCES', 'writing', 'unwritable'],
  ['EROFS', 'writing', 'unwritable'],
  ['EIO', 'reading', 'unavailable'],
  ['EMFILE', 'reading', 'unavailable'],
] as const)('%s while %s is %s', (code, doing, problem) => {
  expect(storeError(Object.assign(new Error('words'), { code }), 'a', doing)).toMatchObject({ problem, uri: 'a' });
});

test('a prefix outside the root is refused', async () => {
  const store = createFileStore({ root: await freshRoot() });
  for (const prefix of ['a\0b', 'ftp://host/file', '../file', '/etc/']) {
    await expect(store.list(prefix)[Symbol.asyncIterator]().next()).rejects.toMatchObject({ name: 'StoreError' });
  }
  await expect(store.clear('../')).rejects.toMatchObject({ name: 'StoreError' });
});

test('what room is left is told', async () => {
  expect(await createFileStore({ root: await freshRoot() }).freeBytes()).toBeGreaterThan(0);
});
