// What planning remembers of many rows, and what that takes.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createSeenIds } from '../../../activities/plan/seen-ids.ts';
import { itemKey } from '../../../domain/ids.ts';

const run = promisify(execFile);

test('planning half a million rows takes little more memory than planning a few', { timeout: 240_000 }, async () => {
  const { stdout } = await run(process.execPath, ['bench/plan.ts', '500000'], {
    cwd: new URL('../../..', import.meta.url),
  });
  const { rows, rssGrowthMb } = JSON.parse(stdout);
  expect(rows).toBe(500_000);
  // 16 bytes a row in tables that are at most 85 % full, and buffers that do not grow with the rows.
  expect(rssGrowthMb).toBeLessThan(250);
});

test('a million and a half ids that are nearly alike are told apart', () => {
  const seen = createSeenIds('0123456789abcdef0123456789abcdef');
  const key = itemKey('a'.repeat(24));
  const ids = function* (): Generator<string | number> {
    for (let each = 1; each <= 500_000; each++) yield* [each, `${each}`, `ticket-${String(each).padStart(9, '0')}`];
  };
  let row = 0;
  let taken = 0;
  for (const id of ids()) {
    row += 1;
    if (seen.first(id, key) !== null) taken += 1;
    seen.note(id, row, key);
  }
  expect(taken).toBe(0);
  expect(seen.first('ticket-000000007', key)).toEqual({ row: 21, sameRequest: true });
  expect(seen.first(7, itemKey('b'.repeat(24)))).toEqual({ row: 19, sameRequest: false });
});
