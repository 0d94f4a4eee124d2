// The numbers of collected batches: kept over continue-as-new, and recognised after a reset.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CollectedLog, findNumberingRun } from '../../../domain/progress/collected.ts';

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

test('any order survives continue-as-new, and old numbers keep their run', () => {
  const batch = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 100_000 }));
  fc.assert(
    fc.property(fc.array(batch), fc.array(batch), (before, after) => {
      const first = new CollectedLog('run-1');
      for (const [wave, number] of before) first.add(wave, number);
      const { total } = first.list(0, 0);
      const second = new CollectedLog('run-2', JSON.parse(JSON.stringify(first.carry())));
      expect(second.list(0, total)).toEqual(first.list(0, total));
      for (const [wave, number] of [...before, ...after]) second.add(wave, number);
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
  expect(log.list(0, 1).total).toBe(8_000);
  expect(log.carry().text.length).toBeLessThan(32 * 1024);
});

test('a segment tells each batch once', () => {
  const log = new CollectedLog('run-1');
  log.add(1, 4);
  expect(log.takeNew()).toEqual([[1, 4]]);
  log.add(1, 5);
  log.add(1, 4);
  expect(log.takeNew()).toEqual([[1, 5]]);
  expect(log.takeNew()).toEqual([]);
});
