// What every store must do, whatever it stands on: run by each adapter's own test.

import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { readJson, writeJson, writeText } from '../../storage/lines/json-lines.ts';
import { type Store, StoreError, type StoreProblem } from '../../storage/store.ts';
import { journalContract } from './journal-contract.ts';
import { belowRoot, type Setup, type StoreUnderTest } from './under-test.ts';

export function storeContract(name: string, setUp: () => Promise<StoreUnderTest>): void {
  const setup: Setup = async () => {
    const under = await setUp();
    return { ...under, store: belowRoot(under.store, under.root), whole: under.store };
  };
  describe(name, () => {
    describe('files', () => filesContract(setup));
    describe('sweeps', () => sweepContract(setup));
    describe('contents', () => contentsContract(setup));
    describe('names', () => namesContract(setup));
    describe('journals', () => journalContract(setup));
  });
}

function filesContract(setup: Setup): void {
  test('nobody sees a file before it is closed, and then all of it', async () => {
    const { store } = await setup();
    const sink = await store.create('a/b.txt');
    await sink.write(Buffer.from('one '));
    expect(await store.head('a/b.txt')).toBeNull();
    expect(await listUris(store, '')).toEqual([]);
    await sink.write(Buffer.from('two'));
    const stored = await sink.close();
    expect(stored).toEqual(await store.head('a/b.txt'));
    expect(stored.bytes).toBe(7);
    expect(await readText(store, 'a/b.txt')).toBe('one two');
  });

  test('an aborted file leaves nothing, and the old content as it was', async () => {
    const { store } = await setup();
    await put(store, 'kept', 'old');
    for (const uri of ['kept', 'new']) {
      const sink = await store.create(uri);
      await sink.write(Buffer.from('half'));
      await sink.abort();
      await sink.abort();
    }
    expect(await listUris(store, '')).toEqual(['kept']);
    expect(await readText(store, 'kept')).toBe('old');
  });

  test('a signal stops writing and reading with its own reason', async () => {
    const { store } = await setup();
    await put(store, 'large', 'x'.repeat(3_000_000));
    const writing = new AbortController();
    const sink = await store.create('new', { signal: writing.signal });
    await sink.write(Buffer.from('half'));
    writing.abort(new Error('stop writing'));
    await expect(sink.close()).rejects.toThrow('stop writing');
    expect(await listUris(store, 'new')).toEqual([]);

    const reading = new AbortController();
    const read = async () => {
      for await (const _ of store.read('large', { signal: reading.signal })) reading.abort(new Error('stop reading'));
    };
    await expect(read()).rejects.toThrow('stop reading');
    await expect(store.head('large', AbortSignal.abort(new Error('not at all')))).rejects.toThrow('not at all');
  });
}

function sweepContract(setup: Setup): void {
  test('what dead writers left is swept away, and nothing else', async () => {
    const { store, sweptBytes, awaitWritten } = await setup();
    await put(store, 'out/kept', 'kept');
    const half = Buffer.alloc(sweptBytes ?? 4);
    const dead = await store.create('out/plan/half');
    await dead.write(half);
    const elsewhere = await store.create('other/half');
    await elsewhere.write(half);
    await awaitWritten?.();
    await store.sweep('out/');
    if (sweptBytes === null) await dead.abort();
    else await expect(dead.close()).rejects.toThrow(StoreError);
    await elsewhere.close();
    expect(await listUris(store, '')).toEqual(['other/half', 'out/kept']);
    await store.sweep('nothing/there/');
  });

  test('what a writer has begun later than the given time is spared', async () => {
    const { store, sweptBytes, awaitWritten } = await setup();
    const alive = await store.create('out/half');
    await alive.write(Buffer.alloc(sweptBytes ?? 4));
    await awaitWritten?.();
    await store.sweep('out/', { before: Date.now() - 60_000 });
    await alive.close();
    const dead = await store.create('out/dead');
    await dead.write(Buffer.alloc(sweptBytes ?? 4));
    await awaitWritten?.();
    await store.sweep('out/', { before: Date.now() + 60_000 });
    if (sweptBytes === null) await dead.abort();
    else await expect(dead.close()).rejects.toThrow(StoreError);
    expect(await listUris(store, '')).toEqual(['out/half']);
  });
}

function contentsContract(setup: Setup): void {
  test('of 24 that create the same file if absent, exactly one does, and its content stays', async () => {
    const { store } = await setup();
    const tries = Array.from({ length: 24 }, (_, n) => writeJson(store, 'claim.json', { n }, { ifAbsent: true }));
    const settled = await Promise.allSettled(tries);
    const winners = settled.flatMap(({ status }, n) => (status === 'fulfilled' ? [n] : []));
    expect(winners).toHaveLength(1);
    expect(await readJson(store, 'claim.json')).toEqual({ n: winners[0] });
    for (const each of settled) {
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ problem: 'exists' });
    }
    expect(await listUris(store, '')).toEqual(['claim.json']);
  });

  test('of two that replace the version that they saw, exactly one does', async () => {
    const { store } = await setup();
    const { version } = await put(store, 'file', 'first');
    for (const ifVersion of [version, null]) {
      const uri = ifVersion === null ? 'new' : 'file';
      const [one, other] = [await store.create(uri, { ifVersion }), await store.create(uri, { ifVersion })];
      await one.write(Buffer.from('one'));
      await other.write(Buffer.from('other, and longer'));
      await other.close();
      await failsAs('changed', one.close());
      expect(await readText(store, uri)).toBe('other, and longer');
    }
    await store.remove('file');
    await failsAs('changed', writeText(store, 'file', 'late', { ifVersion: version }));
    expect(await listUris(store, '')).toEqual(['new']);
  });

  test('a version is removed only if it is still there', async () => {
    const { store } = await setup();
    const { version } = await put(store, 'file', 'first');
    const later = await put(store, 'file', 'second, and longer');
    await failsAs('changed', store.remove('file', { ifVersion: version }));
    expect(await readText(store, 'file')).toBe('second, and longer');
    await store.remove('file', { ifVersion: later.version });
    expect(await store.head('file')).toBeNull();
  });

  test('reading starts at any byte, and past the end there is nothing', async () => {
    const { store } = await setup();
    const content = 'abcdefghij'.repeat(300_000);
    await put(store, 'file', content);
    for (const start of [0, 1, 1_048_576, 2_999_999, 3_000_000, 4_000_000]) {
      expect(await readText(store, 'file', start)).toBe(content.slice(start));
    }
  });

  test('the version changes with the content, though its size stays', async () => {
    const { store } = await setup();
    const before = await put(store, 'file', 'one');
    expect(await store.head('file')).toEqual(before);
    const after = await put(store, 'file', 'two');
    expect(after.version).not.toBe(before.version);
  });

  test('a local copy has the content', async () => {
    const { store } = await setup();
    await put(store, 'a/file', 'content');
    const copy = await store.localFile('a/file');
    expect(await readFile(copy.path, 'utf8')).toBe('content');
    await copy.done();
    await failsAs('missing', store.localFile('a/none'));
  });
}

function namesContract(setup: Setup): void {
  test('a listing has every file under the prefix, sorted, and no folders', async () => {
    const { store } = await setup();
    const uris = ['b', 'runs/a-b', 'runs/a/2', 'runs/a/10', 'runs/a.txt', 'runs/ab/x', 'runs/b', 'runs/.hidden'];
    for (const uri of uris) await put(store, uri, uri);
    expect(await listUris(store, '')).toEqual([...uris].sort());
    expect(await listUris(store, 'runs/a')).toEqual(uris.filter((uri) => uri.startsWith('runs/a')).sort());
    expect(await listUris(store, 'runs/a/')).toEqual(['runs/a/10', 'runs/a/2']);
    expect(await listUris(store, 'none/')).toEqual([]);
  });

  test('removing is done once, and asked for as often as one likes', async () => {
    const { store } = await setup();
    await put(store, 'a/file', 'x');
    await store.remove('a/file');
    await store.remove('a/file');
    await store.remove('none/at/all');
    expect(await store.head('a/file')).toBeNull();
  });

  test('a missing file is told from one that cannot be read', async () => {
    const { store, makeUnreadable } = await setup();
    await failsAs('missing', readText(store, 'none'));
    expect(await store.head('none')).toBeNull();
    if (makeUnreadable === null) return;
    await failsAs('unreadable', readText(store, await makeUnreadable()));
  });

  test('a uri that cannot be used is refused, whatever is asked of it', async () => {
    const { whole, refused } = await setup();
    for (const [uri, problem] of refused) {
      await failsAs(problem, readText(whole, uri));
      await failsAs(problem, whole.create(uri));
      await failsAs(problem, whole.head(uri));
      await failsAs(problem, whole.remove(uri));
      await failsAs(problem, whole.journal(uri));
      await failsAs(problem, whole.localFile(uri));
    }
  });

  test('a folder is cleared with all that is in it, and nothing else', async () => {
    const { store } = await setup();
    for (const uri of ['out/a', 'out/plan/b', 'outer/c']) await put(store, uri, uri);
    await store.clear('out/');
    await store.clear('out/');
    expect(await listUris(store, '')).toEqual(['outer/c']);
    await failsAs('bad_uri', store.clear('outer'));
  });
}

async function failsAs(problem: StoreProblem, promise: Promise<unknown>): Promise<void> {
  await expect(promise).rejects.toMatchObject({ name: 'StoreError', problem });
}

async function put(store: Store, uri: string, text: string) {
  const sink = await store.create(uri);
  await sink.write(Buffer.from(text));
  return sink.close();
}

async function readText(store: Store, uri: string, start?: number): Promise<string> {
  let text = '';
  for await (const chunk of store.read(uri, { start })) text += Buffer.from(chunk).toString();
  return text;
}

async function listUris(store: Store, prefix: string): Promise<string[]> {
  const uris: string[] = [];
  for await (const { uri } of store.list(prefix)) uris.push(uri);
  return uris;
}
