// The numbers of collected batches: kept over continue-as-new, and recognised after a reset.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CollectedLog, findNumberingRun, Reached } from '../../../domain/progress/collected.ts';

test('a batch has one number, in the order in which batches came', () => {
  const log = new CollectedLog('run-1');
  for (const batch of [2, 1, 2, 3]) log.add(1, batch);
  log.add(2, 1);
  expect(log.list(0, 10)).toEqual({
    total: 4,
    batches: [
      [1, 2],
      [1, 1],
      [1, 3],
      [2, 1],
    ],
    runs: [[1, 'run-1']],
  });
  expect(log.list(2, 1).batches).toEqual([[1, 3]]);
});

test('the chunks of a batch have numbers, until the batch has its own', () => {
  const log = new CollectedLog('run-1');
  log.addChunk(1, 1, 500);
  log.add(1, 2);
  log.addChunk(1, 1, 1000);
  // A signal that is repeated, or comes late, gives no number.
  for (const to of [500, 1000, 900]) log.addChunk(1, 1, to);
  log.add(1, 1);
  log.addChunk(1, 1, 1200);
  log.addChunk(2, 1, 500);
  const { batches } = log.list(0, 10);
  expect(batches).toEqual([
    [1, 1, 500],
    [1, 2],
    [1, 1, 1000],
    [1, 1],
    [2, 1, 500],
  ]);
  const reached = new Reached();
  expect(batches.map((entry) => reached.take(entry))).toEqual([0, 0, 500, 1000, 0]);
});

test('what an earlier version carried over is read, and a chunk takes five characters', () => {
  const old = { text: '1:3,1,-2;2:2s', runs: [[1, 'run-0']] as const };
  const log = new CollectedLog('run-1', old);
  const before = [
    [1, 3],
    [1, 4],
    [1, 2],
    [2, 100],
  ];
  expect(log.list(0, 10)).toEqual({ total: 4, batches: before, runs: old.runs });
  expect(log.carry()).toEqual(old);
  log.addChunk(1, 4, 500);
  for (const to of [500, 1000, 1700]) log.addChunk(2, 101, to);
  log.add(2, 101);
  const { text } = log.carry();
  expect(text).toBe('1:3,1,-2;2:2s,1+dw,+dw,+jg,0');
  const next = new CollectedLog('run-2', log.carry());
  expect(next.list(4, 9).batches).toEqual([
    [2, 101, 500],
    [2, 101, 1000],
    [2, 101, 1700],
    [2, 101],
  ]);
  next.addChunk(2, 101, 2000);
  next.addChunk(2, 100, 2000);
  expect(next.list(0, 0).total).toBe(8);
});

test('any order survives continue-as-new, and old numbers keep their run', () => {
  const place = fc.option(fc.integer({ min: 1, max: 50_000 }));
  const entry = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 1_000 }), place);
  const take = (log: CollectedLog, [wave, batch, to]: readonly [number, number, number | null]): void =>
    to === null ? log.add(wave, batch) : log.addChunk(wave, batch, to);
  fc.assert(
    fc.property(fc.array(entry), fc.array(entry), (before, after) => {
      const first = new CollectedLog('run-1');
      for (const each of before) take(first, each);
      const { total } = first.list(0, 0);
      const second = new CollectedLog('run-2', JSON.parse(JSON.stringify(first.carry())));
      expect(second.list(0, total)).toEqual(first.list(0, total));
      for (const each of [...before, ...after]) take(second, each);
      const page = second.list(0, 1_000);
      expect(page.batches.slice(0, total)).toEqual(first.list(0, total).batches);
      expect(new Set(page.batches.map(String)).size).toBe(page.total);
      if (total > 0) expect(findNumberingRun(page, total)).toBe('run-1');
      if (page.total > total) expect(findNumberingRun(page, page.total)).toBe('run-2');
      expect(findNumberingRun(page, page.total + 1)).toBeNull();
      expect(findNumberingRun(page, 0)).toBeNull();
    }),
  );
});

test('what a job carries over is bounded', () => {
  const log = new CollectedLog('run-1');
  for (let batch = 1; batch <= 50_000; batch += 1) log.add(1, 50_000 - batch);
  expect(log.list(0, 1).total).toBe(40_000);
  expect(log.carry().text.length).toBeLessThan(160 * 1024);
});

test('chunks leave numbers for batches, and are bounded too', () => {
  const log = new CollectedLog('run-1');
  for (let chunk = 1; chunk <= 50_000; chunk += 1) log.addChunk(1, Math.ceil(chunk / 100), chunk * 500);
  expect(log.list(0, 0).total).toBe(32_000);
  expect(log.carry().text.length).toBeLessThan(160 * 1024);
  const next = new CollectedLog('run-2', log.carry());
  next.addChunk(1, 1, 100_000_000);
  for (let batch = 1; batch <= 10_000; batch += 1) next.add(2, batch);
  expect(next.list(0, 0).total).toBe(40_000);
});

test('a segment tells each batch and each chunk once', () => {
  const log = new CollectedLog('run-1');
  log.add(1, 4);
  log.addChunk(1, 5, 500);
  const first = log.takeNews();
  expect(first).toEqual({ collected: [4], chunks: [[5, 500]] });
  log.add(1, 5);
  log.add(1, 4);
  const second = log.takeNews();
  expect(second).toEqual({ collected: [5] });
  expect(log.takeNews()).toEqual({ collected: [] });
  const job = new CollectedLog('run-2');
  for (const news of [first, second, second, {}]) job.addNews(3, news);
  expect(job.list(0, 9).batches).toEqual([
    [3, 5, 500],
    [3, 4],
    [3, 5],
  ]);
});
