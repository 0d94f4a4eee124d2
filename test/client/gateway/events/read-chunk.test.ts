// The answers of a chunk from whichever file has them: each row once, whatever happens to the files between two reads.

import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  fileStart,
  NotReadable,
  type Place,
  type PlacedResult,
  readAnswers,
  readBatchTally,
  readChunk,
} from '../../../../client/gateway/events/answers.ts';
import { removeChunks } from '../../../../job-folder/chunks.ts';
import { jobRef, output } from '../../../activities/plan/planning.ts';
import { failCall, LaneSite } from '../../../activities/realtime/lane-site.ts';
import { answerLine } from '../../../activities/whole-job.ts';

const ref = { ...jobRef, wave: 1, batch: 1 };
const items = 30;
const parts = [
  { ref, from: 0, to: 10 },
  { ref, from: 10, to: 20 },
] as const;

interface Told {
  readonly rows: readonly number[];
  readonly places: readonly Place[];
}

async function take(results: AsyncIterable<PlacedResult>, max = Number.POSITIVE_INFINITY): Promise<Told> {
  const rows: number[] = [];
  const places: Place[] = [];
  for await (const { place, json } of results) {
    places.push(place);
    if (json !== null) rows.push(JSON.parse(json).row);
    if (places.length === max) break;
  }
  return { rows, places };
}

/** Two chunks have ended, with row 4 refused, and the last one has not. */
async function openLane(): Promise<LaneSite> {
  const lane = await LaneSite.open(items, ({ row }) => (row === 4 ? failCall('refused') : `answer ${row}`));
  for (const from of [0, 10]) await lane.attempt({ from, count: 10, telling: { skipped: null } });
  return lane;
}

/** The batch ends, after an answer to row 4 has come from a worker that was taken for dead. */
async function endBatch(lane: LaneSite): Promise<void> {
  await lane.attempt({ from: 20, count: 10 });
  const journal = join(lane.folder.root, output, 'answers/wave-1/batch-0001.journal-1.raw');
  appendFileSync(journal, `${answerLine(lane.ids[3] ?? '', 'from the dead')}\n`);
  await lane.collect();
}

const readBatch = async ({ folder: { store } }: LaneSite, place = fileStart): Promise<Told> =>
  take(readAnswers(store, { ref, from: 20, to: null }, await readBatchTally(store, ref), place));
const readPart = ({ folder: { store } }: LaneSite, part: 0 | 1, place = fileStart): Promise<Told> =>
  take(readChunk(store, parts[part], place));
const rowsFrom = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

test('a chunk has the same rows before and after the end of its batch; a late answer comes with the batch', async () => {
  const lane = await openLane();
  const before = [await readPart(lane, 0), await readPart(lane, 1)];
  await endBatch(lane);
  const after = [await readPart(lane, 0), await readPart(lane, 1)];
  expect(after.map(({ rows }) => rows)).toEqual(before.map(({ rows }) => rows));
  expect(after.map(({ places }) => places.map(({ line }) => line))).toEqual([rowsFrom(1, 10), rowsFrom(11, 20)]);
  const { rows, places } = await readBatch(lane);
  expect(rows).toEqual([4, ...rowsFrom(21, 30)]);
  expect([...after.flatMap((told) => told.rows), ...rows].sort((a, b) => a - b)).toEqual(rowsFrom(1, items));
  // A reader that was cut after the late row has only the number of its line.
  const late = places.find(({ line }) => line === 4);
  expect((await readBatch(lane, { line: late?.line ?? 0, next: null })).rows).toEqual(rowsFrom(21, 30));
  expect((await readBatch(lane, { line: 22, next: null })).rows).toEqual(rowsFrom(23, 30));
});

test('a reader in the middle of a chunk continues in any file', async () => {
  const lane = await openLane();
  const { store } = lane.folder;
  const { places, rows } = await take(readChunk(store, parts[1], fileStart), 5);
  expect(rows).toEqual(rowsFrom(11, 15));
  const last = places.at(-1) ?? fileStart;
  expect((await readPart(lane, 1, last)).rows).toEqual(rowsFrom(16, 20));
  expect((await readPart(lane, 1, { ...last, next: null })).rows).toEqual(rowsFrom(16, 20));
  await endBatch(lane);
  expect((await readPart(lane, 1, last)).rows).toEqual(rowsFrom(16, 20));
  // From chunk to chunk, and to the batch, without reading the file from its beginning.
  const whole = await readPart(lane, 0);
  expect((await readPart(lane, 1, whole.places.at(-1))).rows).toEqual(rowsFrom(11, 20));
});

test('a chunk of several files is read through all of them', async () => {
  const lane = await openLane();
  const { store } = lane.folder;
  const both = { ref, from: 0, to: 20 };
  const whole = [...rowsFrom(1, 3), ...rowsFrom(5, 20)];
  expect((await take(readChunk(store, both, fileStart))).rows).toEqual(whole);
  expect((await take(readChunk(store, both, { line: 12, next: null }))).rows).toEqual(rowsFrom(13, 20));
});

test('files that are removed while they are read are replaced by the answers, and without these nothing can be read', async () => {
  const lane = await openLane();
  const { store } = lane.folder;
  let isEnded = false;
  const read: typeof store.read = async function* (uri, options) {
    if (uri.includes('.chunk-11.') && !isEnded) {
      isEnded = true;
      await endBatch(lane);
    }
    yield* store.read(uri, options);
  };
  const removing = Object.assign(Object.create(store), { read });
  const both = { ref, from: 0, to: 20 };
  const { rows } = await take(readChunk(removing, both, fileStart));
  expect(rows).toEqual([...rowsFrom(1, 3), ...rowsFrom(5, 20)]);

  const other = await openLane();
  await removeChunks(other.folder.store, ref);
  await expect(readPart(other, 0)).rejects.toThrow(NotReadable);
});
