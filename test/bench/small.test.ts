// Notices if a stage takes twice the CPU time per row that was recorded with `npm run bench -- --record`, whatever the machine.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { measureRatios, type Ratios, recordedFile } from '../../bench/small/ratios.ts';

const timeoutMs = 6 * 60_000;
/** Other programs on the machine may spoil one measurement; a stage that has become slow is slow again. */
const retry = 3;

test('no stage takes twice the CPU time per row that was recorded', { timeout: timeoutMs, retry }, async () => {
  const recorded: Ratios = JSON.parse(readFileSync(recordedFile, 'utf8'));
  const measured = await measureRatios();
  expect(Object.keys(measured)).toEqual(Object.keys(recorded));
  const slow = Object.entries(recorded)
    .map(([stage, ratio]) => ({ stage, times: measured[stage as keyof Ratios] / ratio }))
    .filter(({ times }) => !(times < 2));
  expect(slow.map(({ stage, times }) => `${stage} takes ${times.toFixed(1)} times what was recorded`)).toEqual([]);
});
