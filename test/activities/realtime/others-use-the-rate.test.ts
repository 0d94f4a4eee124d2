// Others use up the account's rate for a while: the lane waits, and no item is given up for it.

import { expect, test } from 'vitest';
import { failCall, LaneSite } from './lane-site.ts';

test.each([
  { what: 'names no wait', retryAfterMs: null },
  { what: 'names a wait of 20 ms', retryAfterMs: 20 },
  { what: 'names a wait of two minutes', retryAfterMs: 120_000 },
])('for half an hour every call is refused, and the provider $what: no row is given up', async ({ retryAfterMs }) => {
  const limited = failCall('rate_limited', { status: 429, retryAfterMs });
  const overAt = 1_000_000 + 30 * 60_000;
  const lane = await LaneSite.open(
    100,
    ({ at }) => (at > 1_000_000 && at < overAt ? limited : 'yes'),
    {
      concurrency: 8,
    },
    { callMs: 30 },
  );
  await lane.runToEnd(50);
  expect(await lane.collect()).toMatchObject({ answered: 100, retryable: {} });
  // Nor is the provider asked without pause.
  expect(lane.calls.length).toBeLessThan(100 + 120);
});

test('a row that is refused while others pass is given up in the end, also if it is the last', async () => {
  const limited = failCall('rate_limited', { status: 429, retryAfterMs: 20 });
  const lane = await LaneSite.open(30, ({ row }) => (row === 5 || row === 30 ? limited : 'yes'));
  await lane.runToEnd();
  expect(await lane.collect()).toMatchObject({ answered: 28, retryable: { rate_limited: 2 } });
});
