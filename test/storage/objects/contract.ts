// What every store on objects must do beyond the store contract: large files in parts, streams that continue after a cut, clear failures.

import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, test } from 'vitest';
import { fenceStore } from '../../../job-folder/fence.ts';
import { writeText } from '../../../storage/lines/json-lines.ts';
import type { Store, StoreProblem } from '../../../storage/store.ts';
import { startCuttingProxy } from '../../support/stores/cutting-proxy.ts';
import { recordsOf, rowsOf } from '../formats/reading.ts';

export interface ObjectsUnderTest {
  /** Of a fresh bucket. */
  readonly root: string;
  readonly scheme: string;
  readonly serverPort: number;
  readonly store: Store;
  /** False if the server ignores the condition of a removal. */
  readonly conditionalRemovals: boolean;
  /** A store that reaches the server at another port of this machine. */
  storeAt(port: number): Store;
}

const partBytes = 5 * 1024 * 1024;

export function objectsContract(name: string, setup: () => Promise<ObjectsUnderTest>): void {
  describe(name, () => {
    largeFiles(setup);
    takeovers(setup);
    troubles(setup);
    datasets(setup);
  });
}

function datasets(setup: () => Promise<ObjectsUnderTest>): void {
  test('the files of a pattern are found, and compressed files and tables are read in place', async () => {
    const { store, root } = await setup();
    const lines = Array.from({ length: 2000 }, (_, index) => JSON.stringify({ id: index, text: `row ${index}` }));
    await write(store, `${root}in/b.jsonl.gz`, gzipSync(lines.join('\n')));
    await write(store, `${root}in/a.jsonl.gz`, gzipSync('{"id":-1}\n'));
    await write(store, `${root}in/c.txt`, Buffer.from('no row'));
    const rows = recordsOf(await rowsOf(store, { uri: `${root}in/*.jsonl.gz`, format: 'jsonl' }));
    expect(rows).toEqual([{ id: -1 }, ...lines.map((line) => JSON.parse(line))]);
    const table = parquetWriteBuffer({
      columnData: [{ name: 'id', data: lines.map((_, index) => index) }],
      rowGroupSize: 500,
    });
    await write(store, `${root}in/d.parquet`, Buffer.from(table));
    const [first, ...others] = recordsOf(await rowsOf(store, { uri: `${root}in/d.parquet`, format: 'parquet' }));
    expect([first, others.length]).toEqual([{ id: 0 }, 1999]);
  });
}

function largeFiles(setup: () => Promise<ObjectsUnderTest>): void {
  test.each([
    ['nothing', 0],
    ['exactly one part', partBytes],
    ['one byte more than a part', partBytes + 1],
    ['several parts', 3 * partBytes + 12_345],
  ])('%s is written in pieces and read again', async (_name, bytes) => {
    const { store, root } = await setup();
    const content = randomBytes(bytes);
    const stored = await write(store, `${root}large`, content);
    expect(stored).toEqual(await store.head(`${root}large`));
    expect(stored.bytes).toBe(bytes);
    expect(await digestFile(store, `${root}large`)).toBe(digest(content));
  });

  test('of 8 that create the same large file if absent, exactly one does', async () => {
    const { store, root } = await setup();
    const contents = Array.from({ length: 8 }, () => randomBytes(partBytes + 100));
    const settled = await Promise.allSettled(contents.map((each) => write(store, `${root}large`, each, true)));
    const winners = contents.filter((_, index) => settled[index]?.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    expect(await digestFile(store, `${root}large`)).toBe(digest(winners[0] ?? Buffer.alloc(0)));
    for (const each of settled) {
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ problem: 'exists' });
    }
  });

  test.each([true, false])(
    'of two that replace a large file that they saw, exactly one does; it was there: %s',
    async (wasThere) => {
      const { store, root } = await setup();
      const uri = `${root}large`;
      const ifVersion = wasThere ? (await write(store, uri, randomBytes(10))).version : null;
      const contents = [randomBytes(partBytes + 1), randomBytes(partBytes + 1)];
      const [one, other] = await Promise.all(
        contents.map(async (content) => {
          const sink = await store.create(uri, { ifVersion });
          await sink.write(content);
          return sink;
        }),
      );
      await other?.close();
      await expect(one?.close()).rejects.toMatchObject({ problem: 'changed', uri });
      expect(await digestFile(store, uri)).toBe(digest(contents[1] ?? Buffer.alloc(0)));
    },
  );

  test('an aborted large file leaves nothing', async () => {
    const { store, root } = await setup();
    const sink = await store.create(`${root}large`);
    await sink.write(randomBytes(2 * partBytes + 1));
    await sink.abort();
    expect(await store.head(`${root}large`)).toBeNull();
  });

  test('a chunk may be changed as soon as it is written', async () => {
    const { store, root } = await setup();
    const chunk = Buffer.alloc(partBytes / 2);
    const sink = await store.create(`${root}large`);
    for (const byte of [1, 2, 3, 4, 5]) await sink.write(chunk.fill(byte));
    await sink.close();
    const expected = Buffer.concat([1, 2, 3, 4, 5].map((byte) => Buffer.alloc(partBytes / 2, byte)));
    expect(await digestFile(store, `${root}large`)).toBe(digest(expected));
  });
}

/** The old owner's request is checked, sent, and comes only after the new owner has written. */
function takeovers(setup: () => Promise<ObjectsUnderTest>): void {
  async function takeOver(hold: RegExp, before: string | null, act: (store: Store, uri: string) => Promise<unknown>) {
    const { store, storeAt, root, serverPort } = await setup();
    const output = `${root}out/`;
    const uri = `${output}file`;
    const claim = (nonce: string) => writeText(store, `${output}job.json`, JSON.stringify({ claim: { nonce } }));
    await claim('old');
    if (before !== null) await writeText(store, uri, before);
    const proxy = await startCuttingProxy(serverPort);
    const old = fenceStore(storeAt(proxy.port), { output, nonce: 'old' });
    // So that the server was tried before, and nothing else is held back.
    await writeText(old, `${output}other`, 'x');
    const held = proxy.hold(hold);
    const acting = act(old, uri);
    acting.catch(() => undefined); // It fails where it is awaited.
    await held;
    await claim('new');
    await writeText(fenceStore(store, { output, nonce: 'new' }), uri, 'of the new owner');
    proxy.release();
    await failsAs('changed', acting);
    expect(await readText(store, uri)).toBe('of the new owner');
  }

  test.each([null, 'before'])(
    'a write that comes after the takeover replaces nothing of the new owner; before: %s',
    async (before) => {
      await takeOver(/^(PUT|POST) /, before, (store, uri) => writeText(store, uri, 'of the old owner'));
    },
  );

  test('a removal that comes after the takeover removes nothing of the new owner', async ({ skip }) => {
    skip(!(await setup()).conditionalRemovals);
    await takeOver(/^DELETE /, 'before', (store, uri) => store.remove(uri));
  });
}

function troubles(setup: () => Promise<ObjectsUnderTest>): void {
  test('a stream that is cut again and again continues where it was', async () => {
    const { store, storeAt, root, serverPort } = await setup();
    const content = randomBytes(5_000_000);
    await write(store, `${root}large`, content);
    const proxy = await startCuttingProxy(serverPort);
    proxy.cutAfter(700_000);
    expect(await digestFile(storeAt(proxy.port), `${root}large`)).toBe(digest(content));
    expect(proxy.cuts).toBeGreaterThanOrEqual(7);
  });

  test('a stream does not continue in another version of the file', async () => {
    const { store, storeAt, root, serverPort } = await setup();
    await write(store, `${root}large`, randomBytes(5_000_000));
    const proxy = await startCuttingProxy(serverPort);
    proxy.cutAfter(3_000_000);
    const read = async () => {
      let chunks = 0;
      for await (const _ of storeAt(proxy.port).read(`${root}large`)) {
        chunks += 1;
        if (chunks === 1) await write(store, `${root}large`, randomBytes(5_000_000));
      }
    };
    await expect(read()).rejects.toMatchObject({ problem: 'unavailable', uri: `${root}large` });
  });

  test('a server that is gone is unavailable', async () => {
    const { storeAt, root } = await setup();
    await failsAs('unavailable', storeAt(1).head(`${root}file`));
  });

  test('a bucket that does not exist is named, whatever is asked of it', async () => {
    const { store, scheme } = await setup();
    const uri = `${scheme}://no-such-bucket/folder/file`;
    await failsAs('no_bucket', store.head(uri));
    await failsAs('no_bucket', digestFile(store, uri));
    await failsAs('no_bucket', writeText(store, uri, 'text'));
    await failsAs('no_bucket', writeText(store, uri, 'text', { ifAbsent: true }));
    await failsAs('no_bucket', store.journal(uri));
  });
}

async function write(store: Store, uri: string, content: Uint8Array, ifAbsent = false) {
  const sink = await store.create(uri, { ifAbsent });
  for (let from = 0; from < content.length; from += 1_000_003) {
    await sink.write(content.subarray(from, from + 1_000_003));
  }
  return sink.close();
}

async function readText(store: Store, uri: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.read(uri)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

const digest = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

async function digestFile(store: Store, uri: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of store.read(uri)) hash.update(chunk);
  return hash.digest('hex');
}

export async function failsAs(problem: StoreProblem, promise: Promise<unknown>): Promise<void> {
  await expect(promise).rejects.toMatchObject({ name: 'StoreError', problem });
}
