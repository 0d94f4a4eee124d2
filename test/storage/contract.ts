// What every store must do, whatever it stands on: run by each adapter's own test.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { type GuardedChild, spawnGuarded } from '../../scripts/tools/guard.ts';
import { lineChunks, readJson, writeJson } from '../../storage/lines/json-lines.ts';
import { type Store, StoreError, type StoreProblem } from '../../storage/store.ts';

export interface StoreUnderTest {
  readonly store: Store;
  /** A script and its arguments that appends numbered lines to this journal until it is killed. */
  readonly appendForEver: (journal: string) => readonly string[];
  /** Makes a file that is there but cannot be read; null where that cannot be done here. */
  readonly makeUnreadable: (() => Promise<string>) | null;
}

export function storeContract(name: string, setup: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    describe('files', () => filesContract(setup));
    describe('contents', () => contentsContract(setup));
    describe('names', () => namesContract(setup));
    describe('journals', () => journalContract(setup));
  });
}

function filesContract(setup: () => Promise<StoreUnderTest>): void {
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

  test('what dead writers left is swept away, and nothing else', async () => {
    const { store } = await setup();
    await put(store, 'out/kept', 'kept');
    const dead = await store.create('out/plan/half');
    await dead.write(Buffer.from('half'));
    const elsewhere = await store.create('other/half');
    await elsewhere.write(Buffer.from('half'));
    await store.sweep('out/');
    await expect(dead.close()).rejects.toThrow(StoreError);
    await elsewhere.close();
    expect(await listUris(store, '')).toEqual(['other/half', 'out/kept']);
    await store.sweep('nothing/there/');
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

function contentsContract(setup: () => Promise<StoreUnderTest>): void {
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

function namesContract(setup: () => Promise<StoreUnderTest>): void {
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

  test.each([
    ['', 'bad_uri'],
    ['a\0b', 'bad_uri'],
    ['ftp://host/file', 'bad_uri'],
    ['../file', 'outside_root'],
    ['a/../../file', 'outside_root'],
    ['/etc/passwd', 'outside_root'],
  ] as const)('the uri %j is refused as %s, whatever is asked of it', async (uri, problem) => {
    const { store } = await setup();
    await failsAs(problem, readText(store, uri));
    await failsAs(problem, store.create(uri));
    await failsAs(problem, store.head(uri));
    await failsAs(problem, store.remove(uri));
    await failsAs(problem, store.journal(uri));
    await failsAs(problem, store.localFile(uri));
    if (uri !== '') await failsAs(problem, listUris(store, uri));
  });
}

function journalContract(setup: () => Promise<StoreUnderTest>): void {
  test('a journal has one writer, which cannot write after it is closed', async () => {
    const { store } = await setup();
    const journal = await store.journal('a/journal');
    await Promise.all(Array.from({ length: 50 }, (_, n) => journal.append(Buffer.from(`line ${n}`))));
    await journal.note(Buffer.from('noted'));
    await journal.close();
    await expect(journal.append(Buffer.from('late'))).rejects.toThrow(StoreError);
    expect((await readLines(store, 'a/journal')).slice(48)).toEqual(['line 48', 'line 49', 'noted']);
  });

  test('of 24 that create the same journal, exactly one does', async () => {
    const { store } = await setup();
    const settled = await Promise.allSettled(Array.from({ length: 24 }, () => store.journal('journal')));
    const journals = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    await Promise.all(journals.map((journal) => journal.close()));
    expect(journals).toHaveLength(1);
  });

  test('what a killed process was promised is there, whole and once', async () => {
    const { store, appendForEver } = await setup();
    const child = spawnGuarded(process.execPath, appendForEver('journal'));
    child.stderr.pipe(process.stderr, { end: false });
    const promised = await killAfterLines(child, 20);
    const numbers = (await readLines(store, 'journal')).map((line) => JSON.parse(line).n);
    expect(numbers).toEqual(numbers.map((_, index) => index));
    expect(numbers.length).toBeGreaterThan(promised);
  });
}

async function killAfterLines(child: GuardedChild, count: number): Promise<number> {
  let last = -1;
  let lines = 0;
  const exit = once(child, 'exit');
  for await (const line of createInterface(child.stdout)) {
    last = Number(line);
    lines += 1;
    if (lines === count) child.kill('SIGKILL');
  }
  await exit;
  expect(lines).toBeGreaterThanOrEqual(count);
  return last;
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

async function readLines(store: Store, uri: string): Promise<string[]> {
  const found: string[] = [];
  for await (const lines of lineChunks(store.read(uri), { lineBytesMax: 1000, endedOnly: true })) {
    found.push(...lines.map(({ bytes }) => String(bytes)));
  }
  return found;
}
