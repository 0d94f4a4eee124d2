// The dispatcher's promises over random schedules: no limit and no cap is passed, nobody starves, and every batch has its turn.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { measureDispatcher } from '../../../bench/small/dispatcher.ts';
import { type Limits, noLimits } from '../../../domain/dispatch/limits.ts';
import { type HolderPlan, World } from './world.ts';

const runs = process.env.NIGHTSHIFT_LONG === '1' ? 2000 : 30;
const tokensMax = 1000;
/** Of sums of binary fractions. */
const rounding = 1e-6;
const models = ['small', 'large'];
const tenants = ['a', 'b', 'c'];

/** The most that a batch costs is its estimate or, if that is too low, a multiple of it. */
const batch = fc
  .record({
    tokens: fc.integer({ min: 1, max: tokensMax }),
    usd: fc.integer({ min: 1, max: 100 }),
    most: fc.integer({ min: 1, max: 4 }),
    share: fc.integer({ min: 0, max: 100 }),
  })
  .map(({ tokens, usd, most, share }) => ({ tokens, usd, mostUsd: most * usd, costUsd: (share / 100) * most * usd }));

const holder: fc.Arbitrary<HolderPlan> = fc.record({
  tenant: fc.constantFrom(...tenants),
  priority: fc.constantFrom(1 as const, 2 as const, 3 as const),
  model: fc.constantFrom(...models),
  places: fc.integer({ min: 1, max: 5 }),
  batches: fc.array(batch, { minLength: 1, maxLength: 8, size: 'max' }),
});

const step = fc.record({ kind: fc.nat({ max: 9 }), at: fc.nat({ max: 1000 }) });
/** Without a size, fast-check makes schedules of at most ten steps, in which hardly a batch starts. */
const makeSchedule = (maxLength: number) => fc.array(step, { maxLength, size: 'max' });

const limitsOf = (tokens: number, batches: number, tenantBatches: number, capUsd: number | null): Limits => ({
  ...noLimits,
  accounts: {
    'openai/default': { batches, models: { small: { enqueuedTokens: tokens }, large: { enqueuedTokens: tokens } } },
  },
  tenants: { a: { batches: tenantBatches, ...(capUsd === null ? {} : { dayUsd: capUsd }) } },
});

/** What one step does. Whatever comes, the world's truth is checked after it. */
function take(world: World, { kind, at }: { readonly kind: number; readonly at: number }): void {
  const its = world.holders[at % world.holders.length];
  if (its === undefined) return;
  const letter = at % Math.max(1, world.mail.length);
  if (its.isGone) world.reclaim();
  else if (kind <= 1) world.declare(its);
  else if (kind <= 4) world.deliver(letter, false);
  else if (kind === 5) world.deliver(letter, true);
  else if (kind === 6) world.lose(letter);
  else if (kind === 7) its.go(world.now);
  else if (kind === 8) its.endOldest(world.now);
  else if (at % 20 === 0) its.isGone = true;
  else world.wait(at);
}

function sumOpen(world: World, of: (plan: HolderPlan) => boolean) {
  const open = world.holders.filter(({ plan }) => of(plan)).flatMap((its) => [...its.open.values()]);
  return {
    batches: open.length,
    tokens: open.reduce((sum, { tokens }) => sum + tokens, 0),
    usd: open.reduce((sum, { usd }) => sum + usd, 0),
  };
}

test('no limit and no cap is ever passed, whatever is lost, doubled, late or gone, and all that remain get their turn', () => {
  fc.assert(
    fc.property(
      fc.array(holder, { minLength: 1, maxLength: 6 }),
      makeSchedule(200),
      fc.integer({ min: tokensMax, max: 4 * tokensMax }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 3 }),
      fc.option(fc.integer({ min: 100, max: 1000 })),
      (plans, steps, tokens, batches, tenantBatches, capUsd) => {
        const world = new World(limitsOf(tokens, batches, tenantBatches, capUsd), plans);
        for (const each of steps) {
          take(world, each);
          for (const model of models) {
            expect(sumOpen(world, (plan) => plan.model === model).tokens).toBeLessThanOrEqual(tokens);
          }
          expect(sumOpen(world, () => true).batches).toBeLessThanOrEqual(batches);
          const ofTenant = sumOpen(world, ({ tenant }) => tenant === 'a');
          expect(ofTenant.batches).toBeLessThanOrEqual(tenantBatches);
          if (capUsd !== null) {
            const its = world.holders.filter(({ plan }) => plan.tenant === 'a');
            const spent = its.reduce((sum, { spentUsd }) => sum + spentUsd, 0);
            // A settlement may pass its reserve. Without that, the cap holds exactly.
            const beyond = its.reduce((sum, { beyondUsd }) => sum + beyondUsd, 0);
            expect(spent + ofTenant.usd).toBeLessThanOrEqual(capUsd + beyond);
          }
        }
        world.settle();
        // With its own estimate, each grant was within the cap, although later settlements may pass it.
        for (const { usedUsd, capUsd: cap } of world.grantedCaps) expect(usedUsd).toBeLessThanOrEqual(cap + rounding);
        for (const { beyondUsd, shownUsd } of world.excesses) {
          expect(beyondUsd).toBeLessThanOrEqual(shownUsd + rounding);
        }
        for (const its of world.holders) {
          if (its.isGone || (its.plan.tenant === 'a' && capUsd !== null)) continue;
          expect(its.isDone).toBe(true);
        }
      },
    ),
    { numRuns: runs },
  );
}, 600_000);

test('a declaration that arrives again, or late, changes nothing', () => {
  fc.assert(
    fc.property(fc.array(holder, { minLength: 1, maxLength: 3 }), makeSchedule(60), (plans, steps) => {
      const world = new World(limitsOf(2000, 3, 2, null), plans);
      for (const each of steps) take(world, each);
      const [first] = world.holders;
      if (first === undefined || first.isGone) return;
      const old = { to: 'dispatcher', declaration: first.declare(world.now) } as const;
      world.declare(first);
      world.deliver(world.mail.length - 1, false);
      const before = world.state.holders;
      world.mail.push(old);
      world.deliver(world.mail.length - 1, false);
      expect(world.state.holders).toEqual(before);
    }),
    { numRuns: runs },
  );
});

const same = (tenant: string, priority: 1 | 2 | 3, count: number, tokens = 100): HolderPlan => ({
  tenant,
  priority,
  model: 'small',
  places: count,
  batches: Array.from({ length: count }, () => ({ tokens, usd: 1, mostUsd: 1, costUsd: 1 })),
});

/** Runs until so many batches were started, one round of ends at a time. */
function runRounds(world: World, rounds: number): void {
  for (let round = 0; round < rounds; round += 1) {
    world.now += 60_000;
    for (const its of world.holders) its.endOldest(world.now);
    for (const its of world.holders) world.declare(its);
    while (world.mail.length > 0) world.deliver(0, false);
    for (const its of world.holders) its.go(world.now);
  }
}

const room = (batches: number): Limits => ({ ...noLimits, accounts: { 'openai/default': { batches } } });

/** Jain's index: 1 if all have the same. */
function measureFairness(counts: readonly number[]): number {
  const sum = counts.reduce((total, count) => total + count, 0);
  return sum ** 2 / (counts.length * counts.reduce((total, count) => total + count ** 2, 0));
}

test('equal tenants get equal parts, however many jobs each has', () => {
  const plans = Array.from({ length: 20 }, (_, index) => `tenant-${index}`).flatMap((tenant, index) =>
    Array.from({ length: 1 + (index % 5) }, () => same(tenant, 2, 200)),
  );
  const world = new World(room(10), plans);
  runRounds(world, 100);
  const counts = Array.from({ length: 20 }, (_, index) =>
    world.holders
      .filter(({ plan }) => plan.tenant === `tenant-${index}`)
      .reduce((sum, { started }) => sum + started.length, 0),
  );
  expect(measureFairness(counts)).toBeGreaterThan(0.99);
});

test('a tenant of three times the weight gets three times as much', () => {
  const world = new World({ ...room(4), tenants: { big: { weight: 3 }, small: { weight: 1 } } }, [
    same('big', 2, 500),
    same('small', 2, 500),
  ]);
  runRounds(world, 100);
  const [big, small] = world.holders.map(({ started }) => started.length);
  expect(Math.abs((big ?? 0) / (small ?? 1) - 3)).toBeLessThan(0.2);
});

test('urgent batches come first, but the others get their reserved part', () => {
  const world = new World(room(10), [same('a', 1, 2000), same('b', 2, 2000), same('c', 3, 2000)]);
  runRounds(world, 100);
  const counts = world.holders.map(({ started }) => started.length);
  const all = counts.reduce((sum, count) => sum + count, 0);
  const [urgent = 0, standard = 0, background = 0] = counts.map((count) => count / all);
  expect(urgent).toBeGreaterThan(0.65);
  expect(standard).toBeGreaterThan(0.16);
  expect(background).toBeGreaterThan(0.08);
});

test('a job that leaves a queue and comes again is not before those who waited', () => {
  const world = new World(room(1), [same('a', 2, 400), same('b', 2, 400)]);
  runRounds(world, 20);
  const [a, b] = world.holders.map(({ started }) => started.length);
  expect(Math.abs((a ?? 0) - (b ?? 0))).toBeLessThanOrEqual(2);
});

test('of two hundred tenants with long lines, none is left out, and the state stays small', () => {
  const { fairness, longestGap, stateBytes } = measureDispatcher(2_000);
  expect(fairness).toBeGreaterThan(0.95);
  // With a tenth of the grants, a job of priority 3 among 66 has its turn within 660 of them, and a few more at the start.
  expect(longestGap[3]).toBeLessThan(800);
  expect(stateBytes).toBeLessThan(256 * 1024);
});
