// What tokens cost: each kind at its own price, and null where the price or the tokens are unknown.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { costUsd, type ModelPrice, plusUsd, type TokenPrice } from '../../../domain/money/cost.ts';
import { builtInPrices } from '../../../domain/money/prices.ts';
import { addUsage, noUsage, type Usage } from '../../../domain/outcome/usage.ts';

const million = 1_000_000;
const rate: TokenPrice = { input: 4, cachedInput: 0.4, cacheWrite: 5, cacheWrite1h: 8, output: 20 };
const price: ModelPrice = { batch: rate, realtime: rate };
const usage: Usage = { ...noUsage, input: 10 * million, output: 0 };

test('cache writes for five minutes and for an hour have their own prices', () => {
  const cost = (change: Partial<Usage>) => costUsd({ ...usage, ...change }, 'batch', price);
  expect(cost({})).toBeCloseTo(40, 9);
  expect(cost({ cacheWrite: million })).toBeCloseTo(36 + 5, 9);
  expect(cost({ cacheWrite: million, cacheWrite1h: million })).toBeCloseTo(36 + 8, 9);
  expect(cost({ cacheWrite: 3 * million, cacheWrite1h: million, cachedInput: 2 * million })).toBeCloseTo(
    5 * 4 + 0.8 + 2 * 5 + 8,
    9,
  );
});

test('input tokens of images have their own price, which a model without one does not need', () => {
  const images: TokenPrice = { ...rate, imageInput: 6 };
  const cost = (change: Partial<Usage>, of = images) =>
    costUsd({ ...usage, ...change }, 'batch', { batch: of, realtime: of });
  expect(cost({ imageInput: 3 * million })).toBeCloseTo(7 * 4 + 3 * 6, 9);
  expect(cost({ imageInput: 3 * million, cachedInput: 8 * million })).toBeCloseTo(2 * 6 + 8 * 0.4, 9);
  expect(cost({ imageInput: -million })).toBeCloseTo(40, 9);
  expect(cost({ imageInput: 3 * million }, rate)).toBeCloseTo(40, 9);
});

test('tokens below zero, which only a faulty server counts, never lower a cost', () => {
  const cost = (change: Partial<Usage>) => costUsd({ ...usage, ...change }, 'batch', price);
  expect(cost({ input: -1 })).toBeNull();
  expect(cost({ output: -1 })).toBeNull();
  expect(cost({ cachedInput: -million, cacheWrite: -million, cacheWrite1h: -million })).toBeCloseTo(40, 9);
});

test('a cost has no digits that mean nothing', () => {
  const cheap: TokenPrice = { input: 0.1, output: 0.7 };
  const of = (input: number) => costUsd({ ...noUsage, input, output: 3 }, 'batch', { batch: cheap, realtime: cheap });
  expect([of(1), of(3), of(7)]).toEqual([0.0000022, 0.0000024, 0.0000028]);
  const sum = Array.from({ length: 10 }, () => of(1)).reduce(plusUsd, null);
  expect(sum).toBe(0.000022);
});

test('a price of one kind of cache write, as price files had it, is the price of both', () => {
  const { cacheWrite1h: _, ...older } = rate;
  const written = { ...usage, cacheWrite: 2 * million, cacheWrite1h: million };
  expect(costUsd(written, 'batch', { batch: older, realtime: older })).toBeCloseTo(8 * 4 + 2 * 5, 9);
});

test('the prices of Anthropic’s cache writes are 1.25 and 2 times that of its input', () => {
  for (const [name, { batch, realtime }] of Object.entries(builtInPrices.models)) {
    if (!name.startsWith('claude')) continue;
    for (const { input, cacheWrite, cacheWrite1h } of [batch, realtime]) {
      expect([cacheWrite, cacheWrite1h], name).toEqual([input * 1.25, input * 2]);
    }
  }
});

/** Their vendors' pages were not read, or the size of an image decides: a budget then needs a limit. */
const unknownMaximum = /^(grok-|amazon\.|meta\.|gpt-image-)/;

test('every built-in model has a maximum of output tokens, and only models without text have none to give', () => {
  for (const [name, { maxOutputTokens, batch }] of Object.entries(builtInPrices.models)) {
    if (unknownMaximum.test(name)) expect(maxOutputTokens, name).toBeUndefined();
    else if (batch.output === 0) expect(maxOutputTokens, name).toBe(0);
    else expect(maxOutputTokens, name).toBeGreaterThanOrEqual(16_384);
  }
});

test('a number of tokens that is not known makes the cost unknown, unless such tokens are free', () => {
  expect(costUsd({ ...noUsage, input: 5 }, 'batch', price)).toBeNull();
  expect(costUsd({ ...noUsage, output: 5 }, 'batch', price)).toBeNull();
  const embedding = { input: 1, output: 0 };
  expect(costUsd({ ...noUsage, input: million }, 'batch', { batch: embedding, realtime: embedding })).toBe(1);
  const free = { input: 0, output: 0 };
  expect(costUsd(noUsage, 'batch', { batch: free, realtime: free })).toBe(0);
});

test('however the input is divided, each of its tokens is paid once, and no kind makes it cheaper than its own price', () => {
  const tokens = fc.option(fc.nat(million));
  const given = fc.record({
    input: fc.nat(million),
    cachedInput: tokens,
    cacheWrite: tokens,
    output: fc.nat(million),
    reasoning: tokens,
    cacheWrite1h: fc.nat(million),
  });
  fc.assert(
    fc.property(given, (used) => {
      const usd = costUsd(used, 'batch', price) ?? Number.NaN;
      const all = (input: number) => (used.input * input + used.output * rate.output) / million;
      expect(usd).toBeGreaterThanOrEqual(all(0.4) - 1e-9);
      expect(usd).toBeLessThanOrEqual(all(8) + 1e-9);
    }),
  );
});

test('a sum of usages keeps the hour’s writes, and a usage of an earlier version adds none', () => {
  const hour = { ...usage, cacheWrite: 5, cacheWrite1h: 3 };
  expect(addUsage(hour, { ...usage, cacheWrite: 4 })).toMatchObject({ cacheWrite: 9, cacheWrite1h: 3 });
  expect(addUsage(hour, hour)).toMatchObject({ cacheWrite1h: 6 });
  expect(addUsage(usage, usage)).not.toHaveProperty('cacheWrite1h');
  expect(addUsage({ ...usage, imageInput: 2 }, { ...usage, imageInput: 3 })).toMatchObject({ imageInput: 5 });
  expect(addUsage(usage, usage)).not.toHaveProperty('imageInput');
});
