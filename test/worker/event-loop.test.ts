// The delay of a thread's event loop: what was held up, how long, and since when.

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { watchLoop } from '../../worker/monitoring/event-loop.ts';

/** Keeps the thread busy, then lets the timers run that were due meanwhile. */
async function hold(ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end);
  await sleep(30);
}

test('the longest delay is what held the thread, without the pause between two samples', async () => {
  const loop = watchLoop();
  onTestFinished(loop.stop);
  await sleep(30);
  loop.read();
  await hold(300);
  const { p50, p99, max } = loop.read();
  expect(max).toBeGreaterThan(0.27);
  expect(max).toBeLessThan(3);
  expect(p50).toBeLessThanOrEqual(p99);
  expect(p99).toBeLessThanOrEqual(max);
});

test('a delay is reported once', async () => {
  const loop = watchLoop();
  onTestFinished(loop.stop);
  await sleep(30);
  await hold(400);
  expect(loop.read().max).toBeGreaterThan(0.37);
  expect(loop.read()).toEqual({ p50: 0, p99: 0, max: 0 });
  await sleep(50);
  expect(loop.read().max).toBeLessThan(0.37);
});
