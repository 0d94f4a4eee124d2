// The capacity window against a provider with a hidden limit: it wastes few creates, uses what fits, and never stands still.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  accept,
  type CapacityWindow,
  countInUse,
  findRoomAt,
  hasRoom,
  listTooLarge,
  listWaiting,
  type NamedLimit,
  openWindow,
  refuse,
  release,
  take,
} from '../../../domain/capacity/window.ts';

const minute = 60_000;

interface Provider {
  /** Tokens that fit at a time. */
  limit(now: number): number;
  readonly names: boolean;
  readonly checkMs: number;
  readonly runMs: number;
}

interface Run {
  creates: number;
  refusals: number;
  endedAt: number;
  /** The most tokens that ran at the same time. */
  peak: number;
}

/** Runs batches of these tokens to their end, or throws if a year was not enough. */
function runAll(provider: Provider, batches: readonly number[], concurrency = 100): Run {
  let window: CapacityWindow = openWindow;
  let now = 0;
  const events: { at: number; kind: 'checked' | 'ended'; holder: string; tokens: number }[] = [];
  const toStart = batches.map((tokens, index) => ({ holder: String(index), tokens }));
  const running = new Map<string, number>();
  const run: Run = { creates: 0, refusals: 0, endedAt: 0, peak: 0 };
  let left = batches.length;
  const create = ({ holder, tokens }: { holder: string; tokens: number }): void => {
    run.creates += 1;
    window = take(window, holder, tokens, now);
    events.push({ at: now + provider.checkMs, kind: 'checked', holder, tokens });
  };
  const sum = (): number => [...running.values()].reduce((total, each) => total + each, 0);
  const startAll = (): void => {
    for (;;) {
      const [next] = listWaiting(window);
      const batch = next ?? (Object.keys(window.slots).length < concurrency ? toStart[0] : undefined);
      if (batch === undefined || !hasRoom(window, batch.tokens, now)) return;
      if (next === undefined) toStart.shift();
      create(batch);
    }
  };
  while (left > 0) {
    startAll();
    const roomAt = findRoomAt(window, now);
    const next = events.toSorted((a, b) => a.at - b.at)[0];
    const at = Math.min(next?.at ?? Number.POSITIVE_INFINITY, roomAt ?? Number.POSITIVE_INFINITY);
    if (!Number.isFinite(at) || at > 365 * 24 * 60 * minute) throw new Error(`stands still at ${now}`);
    now = at;
    if (next === undefined || next.at > at) continue;
    events.splice(events.indexOf(next), 1);
    const { kind, holder, tokens } = next;
    if (kind === 'ended') {
      running.delete(holder);
      window = release(window, holder);
      left -= 1;
      run.endedAt = now;
    } else if (sum() + tokens > provider.limit(now)) {
      const named: NamedLimit | null = provider.names ? { unit: 'tokens', limit: provider.limit(now) } : null;
      window = refuse(window, holder, tokens, named, now);
      run.refusals += 1;
    } else {
      running.set(holder, tokens);
      run.peak = Math.max(run.peak, sum());
      window = accept(window, holder, now);
      events.push({ at: now + provider.runMs, kind: 'ended', holder, tokens });
    }
  }
  return run;
}

const equal = (count: number): number[] => Array.from({ length: count }, () => 1000);

test.each([true, false])('ten batches, with room for one and a half: few creates are in vain (named: %s)', (names) => {
  const provider = { limit: () => 1500, names, checkMs: 5_000, runMs: 30 * minute };
  const run = runAll(provider, equal(10));
  expect(run.creates).toBeLessThanOrEqual(15 + (names ? 0 : 3));
  expect(run.endedAt).toBeLessThan(10 * 31 * minute);
});

test('room for two of six: four creates in vain find it, and every end is used immediately', () => {
  const provider = { limit: () => 2000, names: true, checkMs: 5_000, runMs: 5 * minute };
  const run = runAll(provider, equal(6));
  expect(run.creates).toBe(10);
  expect(run.endedAt).toBe(3 * (5 * minute + 5_000));
});

test('a provider that refuses nothing is given more and more at the same time', () => {
  const provider = { limit: () => Number.POSITIVE_INFINITY, names: false, checkMs: 10_000, runMs: 600 * minute };
  const run = runAll(provider, equal(100));
  expect(run).toMatchObject({ creates: 100, refusals: 0, peak: 100_000 });
  expect(run.endedAt).toBeLessThan(602 * minute);
});

test('every batch comes to its end, and refusals are few, whatever the limit does', () => {
  const provider = fc.record({
    limits: fc.array(fc.integer({ min: 1000, max: 20_000 }), { minLength: 1, maxLength: 5 }),
    names: fc.boolean(),
    checkMs: fc.constantFrom(0, 1_000, 2 * minute),
    runMs: fc.constantFrom(minute, 20 * minute, 300 * minute),
  });
  const batches = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(provider, batches, ({ limits, ...given }, tokens) => {
      const limit = (now: number): number => limits[Math.min(limits.length - 1, Math.floor(now / (60 * minute)))] ?? 0;
      const run = runAll({ ...given, limit }, tokens);
      const hours = run.endedAt / (60 * minute);
      // A failed probe every half hour at the most, and what a lower limit than before refuses.
      expect(run.refusals).toBeLessThanOrEqual(8 + 6 * hours + 4 * limits.length + tokens.length);
    }),
    { numRuns: 2000 },
  );
});

test('after the limit has risen, all of it is used within some batches', () => {
  const provider = {
    limit: (now: number) => (now < 60 * minute ? 1000 : 8000),
    names: false,
    checkMs: 1_000,
    runMs: 20 * minute,
  };
  const run = runAll(provider, equal(60));
  expect(run.peak).toBe(8000);
  // 3 batches in the first hour. With room for 8, the others take 57 / 8 rounds; finding it may take as long again.
  expect(run.endedAt).toBeLessThan((60 + 2 * 8 * 20) * minute);
});

test('others use all of the room: one batch asks again, every half hour at the latest, and nothing else is created', () => {
  let window = refuse(take(openWindow, 'a', 1, 0), 'a', 1, null, 0);
  let now = 0;
  const waits: number[] = [];
  for (let probe = 0; probe < 7; probe += 1) {
    expect(hasRoom(window, 1, now)).toBe(false);
    const at = findRoomAt(window, now) ?? Number.NaN;
    waits.push((at - now) / minute);
    now = at;
    expect(hasRoom(window, 1, now)).toBe(true);
    window = take(window, 'a', 1, now);
    expect(hasRoom(window, 1, now)).toBe(false);
    window = refuse(window, 'a', 1, null, now);
  }
  expect(waits).toEqual([1, 2, 4, 8, 15, 30, 30]);
});

test('a batch with more tokens than the named limit is too large once it was refused alone three times, and no other batch is', () => {
  const named = { unit: 'tokens', limit: 10 } as const;
  const refuseAlone = (tokens: number, limit: NamedLimit | null, times = 3): ReturnType<typeof listTooLarge> => {
    let window = openWindow;
    let now = 0;
    for (let tries = 0; tries < times; tries += 1) {
      expect(listTooLarge(window, true)).toEqual([]);
      window = refuse(take(window, 'a', tokens, now), 'a', tokens, limit, now);
      now = findRoomAt(window, now) ?? now;
    }
    return listTooLarge(window, true);
  };
  expect(refuseAlone(20, named)).toEqual([{ holder: 'a', share: 0.35 }]);
  expect(refuseAlone(10, named)).toEqual([]);
  expect(refuseAlone(11, null, 9)).toEqual([]);
  expect(refuseAlone(11, { unit: 'batches', limit: 1 }, 9)).toEqual([]);
  // It may have more tokens than were estimated.
  expect(refuseAlone(10, named, 6)).toEqual([{ holder: 'a', share: 0.5 }]);
  expect(refuseAlone(6, named, 9)).toEqual([]);
});

test('a batch that ends without a sign of life uses nothing any more', () => {
  const window = release(take(openWindow, 'a', 5, 0), 'a');
  expect(countInUse(window)).toEqual({ batches: 0, tokens: 0 });
  expect(release(window, 'a')).toBe(window);
});

test('probes for more room, while other batches ran, do not make a batch too large that is refused alone for the first time', () => {
  const named = { unit: 'tokens', limit: 10 } as const;
  let window = accept(take(openWindow, 'a', 8, 0), 'a', 0);
  window = refuse(take(window, 'b', 8, 0), 'b', 8, named, 0);
  let now = 0;
  for (let probes = 0; probes < 6; probes += 1) {
    now = findRoomAt(window, now) ?? Number.NaN;
    window = refuse(take(window, 'b', 8, now), 'b', 8, named, now);
  }
  // Its last batch ends, and others take the room before the next one is created.
  window = refuse(take(release(window, 'a'), 'b', 8, now), 'b', 8, named, now);
  expect(listTooLarge(window, true)).toEqual([]);
  expect(findRoomAt(window, now)).toBe(now + minute);
});
