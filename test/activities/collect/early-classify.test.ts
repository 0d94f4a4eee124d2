// An output is classified while it is downloaded. That only saves time: what is written is what `classify` writes, and it is written only if every
// item is proven.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { rawFile } from '../../../job-folder/paths.ts';
import { type Store, StoreError } from '../../../storage/store.ts';
import { chunkLinesMax } from '../../../threads/chunk-bounds.ts';
import { createThreads } from '../../../threads/pool.ts';
import { batch, Collection, ended, garbage, ref } from './collection.ts';
import { receive, type Sent } from './receive.ts';

test('a whole output leaves answers and tally, and nobody reads it again', async () => {
  const collection = await Collection.plan();
  await receive(collection, { places: [2, 0, 1] });
  expect(collection.written).toHaveLength(2);
  const digests = collection.folder.digests();
  rmSync(join(collection.folder.root, rawFile(ref)));
  expect(await collection.tally([batch(ended('completed', 3))])).toMatchObject({
    answered: 3,
    items: 3,
    batchId: 'own',
  });
  expect(collection.folder.digests()).toMatchObject(
    Object.fromEntries(Object.entries(digests).filter(([path]) => !path.endsWith('.raw'))),
  );
});

test('what it writes is what classify writes from the stored output', async () => {
  const [early, late] = [await Collection.plan(), await Collection.plan([0, 1, 2])];
  await receive(early, { places: [0, 1, 2] });
  await late.classify([batch(ended('completed', 3))]);
  const answers = ({ folder }: Collection): string => folder.text('answers/wave-1/batch-0001.jsonl');
  expect(answers(early).replaceAll('"own"', '')).toBe(answers(late).replaceAll(/"own \d"|"own"/g, ''));
});

test('with any number of threads, and in pieces of any size, the same output leaves the same answers and tally', async () => {
  // More than one chunk, with each character across two pieces somewhere; the only line of the last item has no newline.
  const places = [...Array.from({ length: chunkLinesMax + 3 }, (_, index) => index % 2), 2];
  const written = new Set<string>();
  for (const [size, pieceBytes, lastNewline] of [
    [1, 7, ''],
    [2, 1 << 16, '\n'],
    [4, 1001, '\r\n\r\n\n'],
  ] as const) {
    const collection = await Collection.plan();
    const threads = createThreads(size);
    try {
      await receive(collection, {
        places,
        content: (line) => `ü 漢 😀 ${line}`,
        pieceBytes,
        lastNewline,
        changes: { threads },
      });
    } finally {
      await threads.close();
    }
    expect(collection.answers.map((answer) => answer.output)).toEqual(
      [0, 1, places.length - 1].map((line) => `ü 漢 😀 ${line}`),
    );
    written.add(JSON.stringify(collection.written.map((path) => collection.folder.text(path))));
  }
  expect(written.size).toBe(1);
});

test.for<[string, Sent]>([
  ['a line is missing', { places: [0, 2] }],
  ['the output broke for the sixth time', { places: [0, 1], attempt: 6, failure: 'broken_stream' }],
  ['the output has no size, and a line is missing', { places: [0, 1], size: null }],
  ['the output has no size, and a line may be cut off', { places: [0, 1], size: null, lastNewline: `\n${garbage}` }],
])('nothing is written if %s', async ([, sent]) => {
  const collection = await Collection.plan();
  await receive(collection, sent);
  expect(collection.written).toEqual([]);
});

test('nothing is written if an earlier reading was longer', async () => {
  const collection = await Collection.plan();
  const longer = { places: [0, 0, 0, 0, 1] };
  await receive(collection, longer);
  await receive(collection, { places: [0, 1, 2] });
  expect(collection.written).toEqual([]);
});

test('if threads fail, the output is stored all the same, and classify reads it', async () => {
  const collection = await Collection.plan();
  const broken = { ...createThreads(1), run: () => Promise.reject(new Error('no thread')) };
  const reading = await receive(collection, { places: [0, 1, 2], changes: { threads: broken } });
  expect(reading).toMatchObject({ whole: true });
  expect(collection.written).toEqual([]);
  expect(await collection.tally([batch(ended('completed', 3), reading)])).toMatchObject({ answered: 3 });
});

test('a write that fails while lines are judged fails the attempt, not the program, and closes the download', async () => {
  const collection = await Collection.plan();
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => {
    unhandled.push(error);
  };
  process.on('unhandledRejection', note);
  onTestFinished(() => {
    process.off('unhandledRejection', note);
  });
  let [isJudging, closed] = [false, 0];
  const { store } = collection.folder;
  const failing: Store = {
    ...store,
    create: async (uri, options) => {
      const sink = await store.create(uri, options);
      if (uri !== rawFile(ref)) return sink;
      const write = async (): Promise<void> => {
        await nextTurn();
        if (isJudging) throw new StoreError('unavailable', uri);
      };
      return { write, close: () => sink.close(), abort: () => sink.abort() };
    },
  };
  const slow = {
    ...createThreads(1),
    // Each chunk is waited for.
    size: -2,
    run: async () => {
      isJudging = true;
      for (let turn = 0; turn < 5; turn += 1) await nextTurn();
      throw new Error('no thread');
    },
  };
  const sent: Sent = {
    places: Array.from({ length: chunkLinesMax + 1 }, () => 0),
    changes: { store: failing, threads: slow },
    onClose: () => {
      closed += 1;
    },
  };
  await expect(receive(collection, sent)).rejects.toThrow(StoreError);
  expect(unhandled).toEqual([]);
  expect(closed).toBe(1);
});
