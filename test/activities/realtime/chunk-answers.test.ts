// The answers of a chunk, for readers who do not wait for the batch's end: the lines that the batch's answers will have, whatever happens between.

import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { forgetAllChunks } from '../../../activities/realtime/forget-chunks.ts';
import type { RealtimeResult } from '../../../activities/realtime/realtime.ts';
import type { ChunkHead } from '../../../job-folder/chunks.ts';
import { noteLine } from '../../../job-folder/journals.ts';
import { type Store, StoreError } from '../../../storage/store.ts';
import { sharedThreads } from '../../support/shared-threads.ts';
import { output, quietEnvironment } from '../plan/planning.ts';
import { answerLine } from '../whole-job.ts';
import { failCall, LaneSite } from './lane-site.ts';

const folder = 'answers/wave-1/batch-0001';
const telling = { skipped: null };

const pathOf = (lane: LaneSite, first: number): string =>
  join(lane.folder.root, output, `${folder}.chunk-${first}.jsonl`);
const hasChunk = (lane: LaneSite, first: number): boolean => existsSync(pathOf(lane, first));

function readChunk(lane: LaneSite, first: number): { readonly head: ChunkHead; readonly lines: readonly string[] } {
  const [head = '', ...lines] = lane.folder.text(`${folder}.chunk-${first}.jsonl`).split('\n').slice(0, -1);
  return { head: JSON.parse(head), lines };
}

/** The chunks' lines, and then the same places of the batch's answers, which replace the chunks. */
async function compare(lane: LaneSite, firsts: readonly number[]): Promise<readonly (readonly string[])[]> {
  const chunks = firsts.map((first) => readChunk(lane, first));
  await lane.collect();
  const answers = lane.folder.text(`${folder}.jsonl`).split('\n');
  for (const [index, first] of firsts.entries()) {
    const chunk = chunks[index];
    expect(chunk?.lines).toEqual(answers.slice(first - 1, chunk?.head.last));
    expect(hasChunk(lane, first)).toBe(false);
  }
  return chunks.map(({ lines }) => lines);
}

test.each([false, true])('answered, refused, failed and given-up items (responses kept: %s)', async (responses) => {
  const spec = { keep: { responses } } as never;
  const lane = await LaneSite.open(
    30,
    ({ row }) =>
      row === 3 ? failCall('refused') : row === 14 ? failCall('server_error', { status: 500 }) : `answer ${row}`,
    {},
    { spec },
  );
  await lane.runToEnd(10, null, { tells: true });
  expect(readChunk(lane, 1).head).toMatchObject({ last: 10, unanswered: [3] });
  expect(readChunk(lane, 11).head).toMatchObject({ last: 20, unanswered: [14] });
  // The last chunk ends with the batch.
  expect(hasChunk(lane, 21)).toBe(false);
  const [first = []] = await compare(lane, [1, 11]);
  expect(first.filter((line) => line.includes('"answered"'))).toHaveLength(9);
});

test('a chunk reads only journals that may have its answers, and those of earlier runs of the batch', async () => {
  const lane = await LaneSite.open(40, ({ row }) => `answer ${row}`);
  // What an earlier run of the batch has asked: also items of later chunks.
  lane.leave('batch-0001.journal-1.raw', [answerLine(lane.ids[25] ?? '', 'earlier run'), '']);
  await lane.runToEnd(10, null, { tells: true });
  const numbers = [1, 11, 21].map((first) => readChunk(lane, first).head.read.map(([number]) => number));
  expect(numbers).toEqual([
    [1, 2],
    [1, 3],
    [1, 4],
  ]);
  const [, , third = []] = await compare(lane, [1, 11, 21]);
  expect(third[5]).toContain('earlier run');
});

test('items over the budget', async () => {
  const lane = await LaneSite.open(20, () => 'yes', { concurrency: 1 });
  const { lane: spent } = await lane.attempt({ grantUsd: 0.0021, from: 0, count: 15, telling });
  await lane.attempt({ grantUsd: 0.0021, from: 15, count: 5, lane: spent });
  const { unanswered } = readChunk(lane, 1).head;
  expect(unanswered.length).toBeGreaterThan(0);
  expect(unanswered.length).toBeLessThan(15);
  await compare(lane, [1]);
});

test('an earlier attempt was killed, and the chunk was stopped and resumed', async () => {
  let cancel = (): void => undefined;
  const lane = await LaneSite.open(20, ({ row, nth }) => {
    if (row === 5 && nth === 1) cancel();
    return `answer ${row}`;
  });
  const [first = '', second = ''] = lane.ids;
  lane.leave('batch-0001.journal-1.raw', [
    `{"sent":"${first}"}`,
    answerLine(first, 'first life'),
    `{"sent":"${second}"}`,
    answerLine(second, 'torn').slice(0, 40),
  ]);
  const env = quietEnvironment();
  cancel = () => env.cancel();
  const stopped = await lane.attempt({ from: 0, count: 10, telling }, { env });
  expect(stopped).toMatchObject({ end: { kind: 'stopped' } });
  expect([stopped.answersTo, hasChunk(lane, 1)]).toEqual([undefined, false]);
  expect(await lane.attempt({ from: 0, count: 10, telling })).toMatchObject({ end: { kind: 'done' }, answersTo: 10 });
  await lane.attempt({ from: 10, count: 10 });
  const { read } = readChunk(lane, 1).head;
  // The torn line is not read.
  expect(read[0]?.[1]).toBeLessThan(lane.folder.text(`${folder}.journal-1.raw`).length);
  const [lines = []] = await compare(lane, [1]);
  expect(lines[0]).toContain('first life');
});

test('an outage and its probe', async () => {
  const lane = await LaneSite.open(20, ({ at }) => (at < 1_020_000 ? failCall('connection') : 'yes'));
  await lane.runToEnd(10, null, { tells: true });
  expect(lane.waits.length).toBeGreaterThan(0);
  expect(readChunk(lane, 1).head.unanswered).toEqual([]);
  await compare(lane, [1]);
});

test('answers that a worker taken for dead adds later change no line that was told, and are not lost', async () => {
  const lane = await LaneSite.open(20, ({ row }) => (row === 4 ? failCall('refused') : `answer ${row}`));
  const [, second = '', , fourth = ''] = lane.ids;
  lane.leave('batch-0001.journal-1.raw', [noteLine({ kind: 'sent', customId: second }).toString(), '']);
  await lane.attempt({ from: 0, count: 10, telling });
  await lane.attempt({ from: 10, count: 10 });
  const { head, lines } = readChunk(lane, 1);
  expect(head.unanswered).toEqual([4]);
  const late = [second, fourth].map((id) => `${answerLine(id, 'from the dead')}\n`).join('');
  appendFileSync(join(lane.folder.root, output, `${folder}.journal-1.raw`), late);
  expect(await lane.collect()).toMatchObject({ answered: 20, late: [4] });
  const answers = lane.folder.text(`${folder}.jsonl`).split('\n');
  const withoutLate = (all: readonly string[]): readonly string[] => all.filter((_, index) => index !== 3);
  expect(withoutLate(answers.slice(0, 10))).toEqual(withoutLate(lines));
  expect(answers[3]).toContain('from the dead');
});

test('a chunk that is told again keeps its file, and a batch that has its tally writes none', async () => {
  const lane = await LaneSite.open(20, ({ row }) => (row === 4 ? failCall('refused') : `answer ${row}`));
  const range = { from: 0, count: 10, telling };
  expect(await lane.attempt(range)).toMatchObject({ asked: 10, answersTo: 10 });
  const before = readChunk(lane, 1);
  const late = `${answerLine(lane.ids[3] ?? '', 'from the dead')}\n`;
  appendFileSync(join(lane.folder.root, output, `${folder}.journal-1.raw`), late);
  expect(await lane.attempt(range)).toMatchObject({ asked: 0, answersTo: 10 });
  expect(readChunk(lane, 1)).toEqual(before);
  await lane.attempt({ from: 10, count: 10 });
  await lane.collect();
  const after: RealtimeResult = await lane.attempt(range);
  expect([after.end, after.answersTo, hasChunk(lane, 1)]).toEqual([{ kind: 'done' }, undefined, false]);
});

const withStore = (lane: LaneSite, change: Partial<Store>): Store =>
  Object.assign(Object.create(lane.folder.store), change);

test('while the store is away, the chunk is tried again, and no call is made again', async () => {
  const lane = await LaneSite.open(20, () => 'yes');
  const create: Store['create'] = (uri, options) =>
    uri.includes('chunk-')
      ? Promise.reject(new StoreError('unavailable', uri))
      : lane.folder.store.create(uri, options);
  const range = { from: 0, count: 10, telling };
  await expect(lane.attempt(range, { deps: { store: withStore(lane, { create }) } })).rejects.toThrow('unavailable');
  expect(hasChunk(lane, 1)).toBe(false);
  expect(await lane.attempt(range)).toMatchObject({ asked: 0, answersTo: 10 });
  expect(lane.calls).toHaveLength(10);
  await lane.attempt({ from: 10, count: 10 });
  await compare(lane, [1]);
});

test('a chunk that is stopped while its answers are written comes again, and makes no call again', async () => {
  const lane = await LaneSite.open(20, () => 'yes');
  const env = quietEnvironment();
  const create: Store['create'] = (uri, options) => {
    if (uri.includes('chunk-')) env.cancel();
    return lane.folder.store.create(uri, options);
  };
  const range = { from: 0, count: 10, telling };
  const stopped = await lane.attempt(range, { env, deps: { store: withStore(lane, { create }) } });
  expect([stopped.end, stopped.answersTo, hasChunk(lane, 1)]).toEqual([{ kind: 'stopped' }, undefined, false]);
  expect(await lane.attempt(range)).toMatchObject({ asked: 0, answersTo: 10 });
  expect(lane.calls).toHaveLength(10);
});

test('if a chunk cannot be judged, it ends all the same, and its answers come with the batch', async () => {
  const lane = await LaneSite.open(20, () => 'yes');
  const run = () => Promise.reject(new Error('no thread'));
  const threads: typeof sharedThreads = Object.assign(Object.create(sharedThreads), { run });
  const ended = await lane.attempt({ from: 0, count: 10, telling }, { deps: { threads } });
  expect([ended.end, ended.answersTo, hasChunk(lane, 1)]).toEqual([{ kind: 'done' }, undefined, false]);
  await lane.attempt({ from: 10, count: 10 });
  expect(await lane.collect()).toMatchObject({ answered: 20 });
});

test('files of chunks that cannot be removed do no harm, and go when the batch is classified again, or with the job', async () => {
  const lane = await LaneSite.open(600, () => 'yes');
  await lane.runToEnd(200, null, { tells: true });
  const remove: Store['remove'] = (uri) => Promise.reject(new StoreError('unavailable', uri));
  expect(await lane.collect({}, { store: withStore(lane, { remove }) })).toMatchObject({ answered: 600 });
  const there = (): boolean[] => [1, 201].map((first) => hasChunk(lane, first));
  expect(there()).toEqual([true, true]);
  const [one, two] = [1, 201].map((first) => lane.folder.text(`${folder}.chunk-${first}.jsonl`));
  await lane.collect();
  expect(there()).toEqual([false, false]);
  for (const [first, text = ''] of [
    [1, one],
    [201, two],
  ] as const)
    writeFileSync(pathOf(lane, first), text);
  await quietEnvironment().run(() => forgetAllChunks(lane.folder.store, output, 1));
  expect(there()).toEqual([false, false]);
});
