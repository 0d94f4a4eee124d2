// A process that stands still: the server may have given its work to another worker, so it makes no further call.

import { expect, test } from 'vitest';
import { quietEnvironment } from '../plan/planning.ts';
import { LaneSite } from './lane-site.ts';

/** Stops the whole thread, as a suspended process stops. */
const standStill = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

async function runAttempt(
  heartbeatTimeoutMs: number,
  stillMs: number,
): Promise<{ readonly end: string; readonly calls: number }> {
  const lane = await LaneSite.open(200, async ({ row }) => {
    if (row === 3) standStill(stillMs);
    // Timers have their turn between two calls, as they do while a real call is awaited.
    await new Promise((resolve) => setTimeout(resolve, 1));
    return 'yes';
  });
  const env = quietEnvironment();
  Object.assign(env.context.info, { heartbeatTimeoutMs });
  const { end } = await lane.attempt({}, { env });
  return { end: end.kind, calls: lane.calls.length };
}

test('an attempt that stood still for half of the heartbeat timeout asks for nothing more, and its chunk is asked again', async () => {
  const { end, calls } = await runAttempt(200, 150);
  expect(end).toBe('stopped');
  expect(calls).toBeLessThan(20);
});

test('an attempt that stood still for a shorter time asks for all its items', async () => {
  expect(await runAttempt(60_000, 150)).toEqual({ end: 'done', calls: 200 });
});
