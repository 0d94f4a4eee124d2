// Calls whose reply was lost may be billed: they count as calls of unknown cost, and a budget is charged their estimate.

import { expect, test } from 'vitest';
import { chargedUsd } from '../../../domain/money/budget.ts';
import { output } from '../plan/planning.ts';
import { findPlanned } from '../whole-job.ts';
import { failCall, LaneSite } from './lane-site.ts';

const lost = failCall('server_error', { status: 502, ambiguous: true });
const batch = { output, wave: 1, batch: 1 };

test('a call that is made again after its reply was lost is charged twice', async () => {
  const lane = await LaneSite.open(20, ({ row, nth }) => (row % 4 === 0 && nth === 1 ? lost : 'yes'));
  await lane.runToEnd();
  const tally = await lane.collect();
  const estimateUsd = findPlanned(lane.folder, batch).estimate.usd ?? Number.NaN;
  expect(tally).toMatchObject({ answered: 20, anomalies: { inDoubtCalls: 5 }, unpriced: { items: 5 } });
  expect(tally.unpriced?.usd).toBeCloseTo(estimateUsd / 4, 9);
  expect(chargedUsd(tally, estimateUsd)).toBeCloseTo((tally.costUsd ?? 0) + estimateUsd / 4, 9);
});

test('an item that is given up after such calls has no known cost', async () => {
  const lane = await LaneSite.open(20, ({ row }) => (row === 4 ? lost : 'yes'));
  await lane.runToEnd();
  const calls = lane.calls.filter(({ row }) => row === 4).length;
  const tally = await lane.collect();
  expect(tally).toMatchObject({ answered: 19, retryable: { provider_error: 1 }, unpriced: { items: calls } });
  const answers = lane.folder.lines<{ row: number; costUsd: number | null }>('answers/wave-1/batch-0001.jsonl');
  expect(answers.find(({ row }) => row === 4)?.costUsd).toBeNull();
});

test('a call that was in flight when its worker died, and that nothing came of, has no known cost', async () => {
  const lane = await LaneSite.open(3, () => 'yes');
  const [first, second] = lane.ids;
  lane.leave('batch-0001.journal-1.raw', [
    `{"began":${lane.nowMs}}`,
    `{"sent":"${first}","at":${lane.nowMs},"tokens":20,"nanoUsd":1000000}`,
    `{"sent":"${second}","at":${lane.nowMs},"tokens":20,"nanoUsd":1000000}`,
    `{"heard":"${second}"}`,
    '',
  ]);
  // The job was cancelled before another worker took the chunk up.
  expect(await lane.collect({ notRunReason: 'cancelled' })).toMatchObject({
    answered: 0,
    retryable: { cancelled: 3 },
    unpriced: { items: 1 },
  });
});
