// An outage in the realtime lane: it stops the lane, uses up no attempt of an item, and single calls find out when it is over.

import { expect, test } from 'vitest';
import { failCall, LaneSite } from './lane-site.ts';

const faults = [
  failCall('connection', { ambiguous: true }),
  failCall('timeout', { ambiguous: true }),
  failCall('gateway_timeout', { status: 504, ambiguous: true }),
  failCall('server_error', { status: 502, ambiguous: true }),
  failCall('overloaded', { status: 503 }),
];

test.each(faults)('an outage of half a minute ($message) loses no row', async (fault) => {
  const lane = await LaneSite.open(
    300,
    ({ at }) => (at > 1_003_000 && at < 1_033_000 ? fault : 'yes'),
    {},
    {
      callMs: 50,
    },
  );
  await lane.runToEnd(100);
  expect(await lane.collect()).toMatchObject({ answered: 300, retryable: {} });
  expect(lane.waits).toEqual([30_000]);
  // The calls in flight, and no more, were made for nothing.
  expect(lane.calls.length).toBeLessThanOrEqual(300 + 8);
});

test('in a long outage one call alone is tried every 30 seconds, growing to 5 minutes', async () => {
  const overAt = 1_000_000 + 3 * 3_600_000;
  const lane = await LaneSite.open(100, ({ at }) => (at < overAt ? failCall('connection') : 'yes'));
  await lane.runToEnd();
  expect(lane.waits.slice(0, 6)).toEqual([30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
  const before = lane.calls.filter(({ at }) => at < overAt);
  expect(before.length).toBeLessThanOrEqual(4 + lane.waits.length);
  expect(await lane.collect()).toMatchObject({ answered: 100, retryable: {}, rejected: {} });
});

test('a row that always makes the provider fail is given up, also if it is the last, and with another such row', async () => {
  const lane = await LaneSite.open(40, ({ row }) => (row > 38 ? failCall('server_error', { status: 500 }) : 'yes'));
  await lane.runToEnd();
  expect(await lane.collect()).toMatchObject({ answered: 38, retryable: { provider_error: 2 } });
  expect(lane.waits.length).toBeLessThanOrEqual(11);
});

test('each probe takes another item, so that one bad item does not hold up the others', async () => {
  const lane = await LaneSite.open(30, ({ row, at }) =>
    at < 1_100_000 || row === 1 ? failCall('timeout', { ambiguous: true }) : 'yes',
  );
  await lane.runToEnd();
  expect(await lane.collect()).toMatchObject({ answered: 29, retryable: { timeout: 1 } });
});

test('rows that fail once, one in seven, are not an outage: nothing waits for a probe', async () => {
  const fails = (row: number): boolean => row % 7 === 0 || row > 298;
  const lane = await LaneSite.open(300, ({ row, nth }) =>
    fails(row) && nth === 1 ? failCall('server_error', { status: 500 }) : 'yes',
  );
  await lane.runToEnd(100);
  expect(await lane.collect()).toMatchObject({ answered: 300 });
  expect(lane.waits).toEqual([]);
});
