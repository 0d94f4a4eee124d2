// When a simulated job counts as stuck: by what happens in it, never by how long that takes.

import { expect, test } from 'vitest';
import { createPatience } from '../../simulation/run/watch.ts';

test('a job proceeds for any number of ticks, if something happens now and then', () => {
  const isOver = createPatience();
  const counts = Array.from({ length: 10_000 }, (_, tick) => Math.floor(tick / 170));
  expect(counts.some(isOver)).toBe(false);
});

test('a job is stuck if nothing happens for 180 ticks', () => {
  const isOver = createPatience();
  const ticks = Array.from({ length: 181 }, () => isOver(7));
  expect(ticks.indexOf(true)).toBe(180);
});

test('a job that never stops changing is stuck too', () => {
  const isOver = createPatience();
  expect([50_000, 50_001].map(isOver)).toEqual([false, true]);
});
