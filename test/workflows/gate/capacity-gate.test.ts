// The gate between batches and the capacity of their provider, without any workflow.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { PlannedBatch } from '../../../domain/job.ts';
import { CapacityGate } from '../../../workflows/gate/capacity-gate.ts';

const model = 'm';
const planned = {
  lane: 'batch',
  model,
  estimate: { inputTokens: 100, outputTokens: 0, usd: null },
} as const satisfies Pick<PlannedBatch, 'lane' | 'model' | 'estimate'>;
const named = { unit: 'tokens', limit: 10 } as const;
const refused = { wave: 1, batch: 1, stage: 'waiting', batchId: null, done: 0, failed: 0, cramped: { named } } as const;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a batch that was told that it is too large, and asks again all the same, is not forgotten', () => {
  const gate = new CapacityGate(true);
  gate.start('a', planned);
  let isTooLarge = false;
  for (let refusals = 0; refusals < 10 && !isTooLarge; refusals += 1) {
    gate.applyNews('a', model, refused);
    isTooLarge = gate.takeTooLarge().length > 0;
    vi.setSystemTime(gate.findRoomAt() ?? Date.now());
    gate.takeReady();
  }
  expect(isTooLarge).toBe(true);
  // Its workflow was terminated before it learned of it, and was started again.
  gate.applyNews('a', model, refused);
  expect(gate.describeWaits()).toMatchObject([{ waiting: 1 }]);
  expect(gate.takeTooLarge()).toMatchObject([{ holder: 'a' }]);
  gate.end('a', model, null);
  gate.applyNews('a', model, refused);
  expect(gate.describeWaits()).toEqual([]);
});
