// Rows that share an earlier row's item: each gets its result, and a million of them do not fill the memory.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { RowSet } from '../../../activities/finish/row-set.ts';
import { SharedRows } from '../../../activities/finish/shared-rows.ts';
import { formatResult, type WrittenResult } from '../../../domain/outcome/merge.ts';
import { duplicatesFile } from '../../../job-folder/paths.ts';
import { lineWriter } from '../../../storage/lines/json-lines.ts';
import { createFileStore } from '../../../storage/local/store.ts';
import { measureHeld } from '../../support/held-memory.ts';

const output = 'runs/test/';

function makeResult(row: number): WrittenResult {
  const paid = { usage: null, costUsd: 1, attempts: 1, lane: 'batch', model: 'm', finishReason: null } as const;
  return formatResult({
    row,
    id: row,
    status: 'answered',
    output: `of ${row}`,
    ...paid,
    batchId: 'b',
    key: 'k',
    customId: 'c',
  });
}

/** `sameAs` gives the earlier row of each shared row, by its place. The first shared row has the number `from`. */
async function openShared(from: number, count: number, sameAs: (place: number) => number) {
  const root = await mkdtemp(join(tmpdir(), 'nightshift-shared-'));
  const store = createFileStore({ root });
  const writer = lineWriter(await store.create(duplicatesFile(output)));
  for (let place = 0; place < count; place++) {
    await writer.write(`{"row":${from + place},"id":${from + place},"sameAs":${sameAs(place)}}`);
  }
  await writer.close();
  let files = 0;
  const randomHex = (): string => {
    files += 1;
    return String(files);
  };
  const shared = await SharedRows.open({ store, scratch: root, randomHex }, output);
  onTestFinished(async () => {
    await shared.close();
    await rm(root, { recursive: true, force: true });
  });
  return shared;
}

/** What is held when every earlier row has its result, and each shared row is still to come. */
async function measureShared(count: number): Promise<number> {
  const before = measureHeld();
  const shared = await openShared(count + 1, count, (place) => place + 1);
  for (let row = 1; row <= count; row++) shared.keep(makeResult(row));
  return measureHeld() - before;
}

test('each shared row gets the result of its earlier row, in whatever order they refer to them', async () => {
  // Rows 7, 14, … 700 are shared, the last one first.
  const shared = await openShared(1001, 200, (place) => 7 * (100 - (place % 100)));
  for (let row = 1; row <= 1000; row++) shared.keep(makeResult(row));
  expect([shared.isDue(1001), shared.isDue(1002)]).toEqual([false, true]);
  const put: { row: number; sameAs: number; output: string; costUsd: number }[] = [];
  await shared.putBefore(Number.POSITIVE_INFINITY, ({ line }) => {
    put.push(JSON.parse(line));
  });
  expect(put).toHaveLength(200);
  for (const [place, line] of put.entries()) {
    const sameAs = 7 * (100 - (place % 100));
    expect(line).toMatchObject({ row: 1001 + place, id: 1001 + place, sameAs, output: `of ${sameAs}`, costUsd: 0 });
  }
});

test('an earlier row without a result is an error, and never the result of another row', async () => {
  const shared = await openShared(10, 3, (place) => place + 1);
  shared.keep(makeResult(1));
  expect(() => shared.keep(makeResult(3))).toThrow('a shared row before 3 has no result');
  await expect(shared.putBefore(12, () => undefined)).rejects.toThrow('row 11 shares row 2, which has no result');
});

test('a million rows that each share another row’s item take a bit each, and not an object each', {
  timeout: 240_000,
}, async () => {
  // The blocks of the scratch files are full in both.
  const [few, many] = [500_000, 1_000_000];
  const growth = (await measureShared(many)) - (await measureShared(few));
  expect(growth).toBeLessThan(2 * (many - few));
});

test('a set of rows counts its members below any row', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 100_000 })), fc.nat(100_100), (rows, row) => {
      const set = new RowSet();
      for (const each of rows) set.add(each);
      expect(set.countBelow(row)).toBe(rows.filter((each) => each < row).length);
      expect(set.has(row)).toBe(rows.includes(row));
    }),
  );
});
