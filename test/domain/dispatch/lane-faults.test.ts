// Whatever happens to jobs, workers and the dispatcher, all realtime lanes of a model together keep to its limit, and each has its turn.

import { describe, expect, test } from 'vitest';
import { findRate } from '../../../domain/dispatch/lane-rate.ts';
import { Dice } from '../../../simulation/script/dice.ts';
import { LaneWorld, startedAt } from './lane-world.ts';

const stormSeconds = 25 * 60;
const calmSeconds = 6 * 60;
const tenants = ['x', 'y', 'z'];

const plans = [
  { name: 'many requests', limits: { rpm: 240, tpm: 24_000 }, tokens: [90], jobs: 8 },
  { name: 'large and small calls', limits: { tpm: 24_000 }, tokens: [90, 90, 3_000, 9_000, 15_000], jobs: 8 },
  { name: 'one request a minute', limits: { rpm: 1 }, tokens: [10], jobs: 6 },
  { name: 'few requests for many lanes', limits: { rpm: 10, interactive: 0.3 }, tokens: [10], jobs: 20 },
  { name: 'about as many lanes as requests', limits: { rpm: 14 }, tokens: [10], jobs: 18 },
];

describe.each(plans)('$name', ({ limits, tokens, jobs }) => {
  test.each([1, 2, 3])('seed %i', (seed) => {
    const dice = new Dice(seed);
    const plan = Array.from({ length: jobs }, (_, index) => ({
      tenant: tenants[index % tenants.length] ?? '',
      tokens: tokens[index % tokens.length] ?? 0,
    }));
    const world = new LaneWorld({ limits, jobs: plan });
    for (let second = 0; second < stormSeconds; second += 1) world.step(dice, false);
    for (const job of world.jobs) if (job.isPaused) world.pause(job, false);
    for (let second = 0; second < calmSeconds; second += 1) world.step(dice, true);

    const {
      rpm = Number.POSITIVE_INFINITY,
      tpm = Number.POSITIVE_INFINITY,
      interactive = 0,
    } = limits as Record<string, number>;
    const most = world.findMost();
    expect(most.calls).toBeLessThanOrEqual(Math.floor(rpm * (1 - interactive)));
    expect(most.tokens).toBeLessThanOrEqual(Math.floor(tpm * (1 - interactive)));

    const from = startedAt + (stormSeconds + calmSeconds - 180) * 1000;
    const served = new Set(world.calls.filter(({ at }) => at >= from).map(({ job }) => job));
    const answer = ({ id, chain }: { id: string; chain: string }) =>
      findRate(world.state, { holder: id, chain, model: 'm' }, world.now);
    const open = world.jobs.filter((job) => job.isOpen && answer(job).kind === 'rate');
    if (world.jobs.some(({ isOpen }) => isOpen)) expect(open.length).toBeGreaterThan(0);
    expect(open.filter(({ id }) => !served.has(id)).map(({ id }) => id)).toEqual([]);
  });
});
