// How much memory planning takes for many rows. Measured is what is held, not what the process takes from its machine, which depends on
// when garbage is collected.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createSeenIds } from '../../../activities/plan/keys/seen-ids.ts';
import type { Held, PlanBench } from '../../../bench/plan.ts';
import { rowId } from '../../../bench/rows.ts';
import { itemKey } from '../../../domain/ids.ts';

const run = promisify(execFile);

const nonce = '0'.repeat(32);
const key = itemKey('a'.repeat(24));

/** What remembering so many rows of the benchmark's dataset takes. */
function measureSeenIds(rows: number): number {
  const seen = createSeenIds(nonce);
  for (let row = 1; row <= rows; row++) seen.note(seen.hash(rowId(row), key), row);
  return seen.bytes;
}

/** What a planner of so many rows holds when the last one is planned. Compiled code stays, so that it is the same each time. */
async function measurePlanner(rows: number): Promise<Held> {
  const flags = ['--expose-gc', '--no-flush-bytecode', '--disable-warning=ExperimentalWarning'];
  const { stdout } = await run(process.execPath, [...flags, 'bench/plan.ts', `${rows}`], {
    cwd: new URL('../../..', import.meta.url),
  });
  const planned: PlanBench = JSON.parse(stdout);
  expect(planned.rows).toBe(rows);
  if (planned.held === null) throw new Error('the planner did not say what it held');
  return planned.held;
}

test('a planner remembers 16 bytes a row, in tables that are never nearly empty', () => {
  const emptyBytes = measureSeenIds(0);
  for (const rows of [10_000, 100_000, 1_000_000]) {
    const bytes = measureSeenIds(rows);
    expect(bytes).toBeGreaterThan(16 * rows);
    // Each shard is at most 85 % full and was made 1.4 times as large when it had reached that.
    expect(bytes).toBeLessThan(emptyBytes + (16 * rows * 1.4) / 0.85);
  }
});

test('half a million rows grow a planner by nothing but what remembering them takes', {
  timeout: 240_000,
}, async () => {
  const [few, many] = [50_000, 500_000];
  const [before, after] = [await measurePlanner(few), await measurePlanner(many)];
  // A manifest entry for each batch of 10,000 rows, and what V8 makes of code that runs longer: two bytes a row would be too much.
  expect(after.heapBytes - before.heapBytes).toBeLessThan(2 * (many - few));
  // The tables of the ids above are buffers too, and there are as many of them. A buffer kept for each batch would be 45 more.
  expect(Math.abs(after.buffers - before.buffers)).toBeLessThan(10);
});

test('a million and a half ids that are nearly alike are told apart', () => {
  const seen = createSeenIds('0123456789abcdef0123456789abcdef');
  const ids = function* (): Generator<string | number> {
    for (let each = 1; each <= 500_000; each++) yield* [each, `${each}`, `ticket-${String(each).padStart(9, '0')}`];
  };
  let row = 0;
  let taken = 0;
  for (const id of ids()) {
    row += 1;
    if (seen.first(seen.hash(id, key)) !== null) taken += 1;
    seen.note(seen.hash(id, key), row);
  }
  expect(taken).toBe(0);
  expect(seen.first(seen.hash('ticket-000000007', key))).toEqual({ row: 21, sameRequest: true });
  expect(seen.first(seen.hash(7, itemKey('b'.repeat(24))))).toEqual({ row: 19, sameRequest: false });
});
